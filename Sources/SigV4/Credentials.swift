/// An access key pair, with a session token where it is temporary. Its description hides the secrets.
public struct Credentials: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  /// What names the key; no secret.
  public var accessKeyID: String
  /// What signs; it is never sent.
  public var secretAccessKey: String
  /// Sent with every request where the pair is temporary.
  public var sessionToken: String?

  /// Takes the parts of a key pair as AWS handed them out.
  ///
  /// - Parameters:
  ///   - accessKeyID: names the key; sent with every request, no secret.
  ///   - secretAccessKey: signs; it is never sent.
  ///   - sessionToken: nil for a pair that does not expire.
  public init(accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
  }

  /// The access key's id alone.
  public var description: String { "Credentials(\(accessKeyID))" }
  /// The access key's id alone.
  public var debugDescription: String { description }
  /// Shows the access key's id alone.
  public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}
