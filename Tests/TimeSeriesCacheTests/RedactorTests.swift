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

  /// A key, and how a source may write it.
  static let spellings: [(key: String, echoes: [String])] = [
    (
      "se/cr=t+Key",
      [
        "se&#x2F;cr&#x3D;t&#43;Key", "se&#47;cr&#061;t&#X00002b;Key", "se&#47cr&#x3dt&#x2B;Key",
        "se&sol;cr&equals;t&plus;Key",
        "se%252Fcr%253Dt%252BKey", "se%25252fcr%25253dt%25252bKey", "se&amp;#x2F;cr&amp;#x3D;t&amp;#43;Key",
        #"se\\u002Fcr\u003dt\u002bKey"#, #"se\\\/cr=t+Key"#, #"\u0073e%2Fcr&#61;t%252BKey"#, #"\x73e/cr=t+Key"#,
        // Of the key alone, after one byte, after two, and after a name.
        "c2UvY3I9dCtLZXk=", "OnNlL2NyPXQrS2V5", "YTpzZS9jcj10K0tleQ", "bWU6c2UvY3I9dCtLZXk=", "c2UvY3I9dCtLZXk%3D",
      ]
    ),
    (
      "pass\u{E9}w\u{1F511}",
      [
        #"pass\u00e9w\ud83d\udd11"#, #"pass\u00E9w\uD83D\uDD11"#, "pass&#233;w&#128273;", "pass%C3%A9w%F0%9F%94%91",
        // UTF-8 that was read as Latin-1.
        "pass\u{C3}\u{A9}w\u{F0}\u{9F}\u{94}\u{91}", #"pass\u00c3\u00a9w\u00f0\u009f\u0094\u0091"#,
        #"pass\xc3\xa9w\xf0\x9f\x94\x91"#,
      ]
    ),
    ("pass\u{E9}w", ["pass%E9w", #"pass\xe9w"#, #"pass\u00c3\u00a9w"#]),
    // Bytes that only one of both alphabets writes.
    ("k>>??~~\u{3FF}", ["az4+Pz9+fs+/", "az4-Pz9-fs-_", "b2s+Pj8/fn7Pvw==", "b2s-Pj8_fn7Pvw", "YWJrPj4_P35-z78="]),
    // What looks encoded itself.
    (#"a%2F\b"#, [#"a%2F\\b"#, #"a%252F\b"#, #"a%2f&bsol;b"#]),
  ]

  @Test(
    "A key is found in entities, in escapes within escapes, in Latin-1 and in Base64",
    arguments: spellings.flatMap { spelling in spelling.echoes.map { (spelling.key, $0) } })
  func spelling(key: String, echo: String) {
    let redactor = Redactor(key: key)
    #expect(redactor("key '\(echo)', '\(echo)'!") == "key '***', '***'!")
    #expect(redactor.words(of: Array("no '\(echo)' here".utf8)) == "; it says: no '***' here")
    #expect(redactor.excerpt("'\(echo)'") == "'***'")
  }

  @Test("What holds no key is left as it is, however it is escaped")
  func untouched() {
    let text = #"100 % of %zz, \u12, \ud800, &#x110000; &#99999999999; &nosuch; &, %2F &amp; \n c2UvY3I9 %"#
    #expect(Redactor(key: "se/cr=t+Key")(text) == text)
  }

  @Test("A key of less than four bytes is taken out where it is a word of its own")
  func short() {
    #expect(Redactor(key: "a")("a bad key=a&b=%61, \"a\"") == "*** bad key=***&b=***, \"***\"")
    #expect(Redactor(key: "%2F%2F")("https://h.example/%2F%2F") == "https://h.example/***")
  }

  @Test("A URL tells no parameter that is called a key")
  func literal() {
    let url = "https://h.example/apikey=1?a=1&APIKEY=x&api_key=y%3D=z&access_token=&monkeys=2&auth=\u{301}&sig=q&key"
    #expect(
      Redactor(key: nil).url(url)
        == "https://h.example/apikey=1?a=1&APIKEY=***&api_key=***&access_token=***&monkeys=2&auth=***&sig=***&key")
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
