import Testing

@testable import TimeSeriesCache

@Suite struct RedactorTests {
  static let key = #"s3cret/Key+1 "&'<"#

  static let echoes: [String] = [
    key, "S3CRET/KEY+1 \"&'<", "s3cret%2FKey%2B1%20%22%26%27%3C", "s3cret%2fKey%2b1+%22%26%27%3c",
    #"s3cret\/Key+1 \"&'<"#, #"\u0073\u0033cret/Key+1 \u0022&'<"#, "s3cret/Key+1 &quot;&amp;&#39;&lt;",
  ]

  @Test("A key is taken out of a text however it is written there", arguments: echoes)
  func echo(echo: String) {
    let redactor = Redactor(key: "  \(Self.key)\n")
    #expect(redactor("key=\(echo), \(echo)!") == "key=***, ***!")
    #expect(redactor.words(of: Array("no \(echo) here".utf8)) == "; it says: no *** here")
  }

  @Test("A key with a percent sign is found as it is, and encoded", arguments: ["a%2Fb", "a%252Fb"])
  func percent(echo: String) { #expect(Redactor(key: "a%2Fb")("x\(echo)y") == "x***y") }

  @Test("A URL tells neither key nor password, and is whole otherwise") func url() {
    let redactor = Redactor(key: "k&y")
    #expect(redactor.url("https://h.example/p?a=1&key=k%26y") == "https://h.example/p?a=1&key=***")
    #expect(redactor.url("https://me:pass@h.example:8/p@q") == "https://***@h.example:8/p@q")
    #expect(Redactor(key: nil).url("https://h.example/") == "https://h.example/")
  }

  @Test("A source's words are its first 200 bytes on one line") func words() {
    let redactor = Redactor(key: nil)
    #expect(redactor.words(of: []) == "")
    #expect(redactor.words(of: Array(" \r\n\u{0}\u{85}".utf8)) == "")
    #expect(redactor.words(of: Array("no\r\n\u{1B}[31m such\u{7F}\tseries ".utf8)) == "; it says: no [31m such series")
    #expect(
      redactor.words(of: Array(String(repeating: "x", count: 200).utf8)) == "; it says: "
        + String(repeating: "x", count: 200))
    #expect(redactor.excerpt("a\u{1B}[2J\u{202E}b\u{9B}1m") == "a [2J b 1m")
    // 199 bytes, and half of a character of two.
    let cut = String(repeating: "x", count: 199) + "äb"
    #expect(redactor.words(of: Array(cut.utf8)) == "; it says: " + String(repeating: "x", count: 199) + " …")
  }

  @Test("A key at the cut is taken out whole, wherever the cut is", arguments: [150, 190, 195, 199])
  func cut(offset: Int) {
    let key = "0123456789"
    for echo in [key, "%30%31%32%33%34%35%36%37%38%39"] {
      let body = String(repeating: "x", count: offset) + echo + String(repeating: "y", count: 5000)
      let words = Redactor(key: key).words(of: Array(body.utf8))
      #expect(words.hasPrefix("; it says: " + String(repeating: "x", count: offset) + "***"))
      #expect(!words.contains("0") && !words.contains("9") && !words.contains("%3"))
    }
  }
}
