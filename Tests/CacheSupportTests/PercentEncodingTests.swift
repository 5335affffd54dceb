import CacheSupport
import Testing

@Suite struct PercentEncodingTests {
  @Test(
    "Text is encoded byte by byte",
    arguments: [
      ("abc-._~", "abc-._~"), ("a b/c", "a%20b%2Fc"), ("é", "%C3%A9"), ("x' OR '1'='1", "x%27%20OR%20%271%27%3D%271"),
    ])
  func encodes(text: String, encoded: String) {
    #expect(PercentEncoding.encode(text) == encoded)
    #expect(PercentEncoding.decode(encoded) == text)
  }

  @Test("Incomplete escapes stay as they are", arguments: ["%", "%2", "%zz", "a%"])
  func incomplete(text: String) { #expect(PercentEncoding.decode(text) == text) }

  @Test("Query items keep order, empty values and blanks")
  func items() {
    let items = PercentEncoding.queryItems("a=1&b&c=x%20y+z&a==2", plusIsBlank: true)
    #expect(items.map(\.name) == ["a", "b", "c", "a"])
    #expect(items.map(\.value) == ["1", "", "x y z", "=2"])
  }
}
