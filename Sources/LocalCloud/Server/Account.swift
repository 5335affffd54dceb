/// Whose cloud this is.
struct Account: Sendable {
  var id: String = "000000000000"
  var region: String = "us-east-1"
}
