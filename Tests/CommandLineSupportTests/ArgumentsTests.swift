import CacheSupport
import CommandLineSupport
import Testing

@Suite struct ArgumentsTests {
  static let options: [Arguments.Option] = [
    .init("port", value: "PORT", "the port"), .init("parameter", value: "K=V", "a parameter"), .init("tls", "with TLS"),
  ]

  struct Line: Sendable, Hashable {
    var positional: [String] = []
    var port: String?
    var parameters: [String] = []
    var tls = false
  }

  static let good: [(words: [String], line: Line)] = [
    ([], Line()),
    (["a", "b"], Line(positional: ["a", "b"])),
    (["--port", "1", "a"], Line(positional: ["a"], port: "1")),
    (["a", "--port=1"], Line(positional: ["a"], port: "1")),
    (["--port="], Line(port: "")),
    // A value may look like an option, and hold an equals sign.
    (["--port", "--tls"], Line(port: "--tls")),
    (["--parameter", "a=b=c", "--parameter=d=e"], Line(parameters: ["a=b=c", "d=e"])),
    // Of one that comes twice the last counts.
    (["--port=1", "--port", "2"], Line(port: "2")),
    (["--tls", "--tls"], Line(tls: true)),
    // One dash does not make an option: places on Earth have negative numbers.
    (["-33.87,151.2", "-"], Line(positional: ["-33.87,151.2", "-"])),
    (["--tls", "--", "--port", "--", "-h"], Line(positional: ["--port", "--", "-h"], tls: true)),
  ]

  @Test("Options, flags and other words are told apart", arguments: good.indices) func read(index: Int) throws {
    let (words, line) = Self.good[index]
    let arguments = try Arguments(words, options: Self.options, usage: "Usage: x")
    #expect(
      Line(
        positional: arguments.positional, port: arguments["port"], parameters: arguments.all("parameter"),
        tls: arguments.has("tls")) == line)
  }

  @Test(
    "What is not understood is named, and the help follows",
    arguments: [
      (["--host", "h"], "there is no option --host"), (["--=1"], "there is no option --=1"),
      (["--tls=yes"], "--tls takes no value"), (["--port"], "--port needs a value"),
      (["--por=1"], "there is no option --por=1"), (["--PORT=1"], "there is no option --PORT=1"),
    ])
  func refused(words: [String], message: String) {
    #expect {
      _ = try Arguments(words, options: Self.options, usage: "Usage: x")
    } throws: {
      "\($0)" == message + "\n\n" + Arguments.help(Self.options, "Usage: x")
    }
  }

  @Test("The help has a line per option") func help() {
    #expect(
      Arguments.help(Self.options, "Usage: x") == """
        Usage: x

          --port PORT                 the port
          --parameter K=V             a parameter
          --tls                       with TLS
          --help                      print this
          --version                   print the version

        """)
  }

  @Test("An equals sign is one whatever mark comes after it") func marks() throws {
    #expect(Arguments.parts(of: "measures=\u{301}v") == ["measures", "\u{301}v"])
    #expect(Arguments.parts(of: "a") == ["a"])
    let arguments = try Arguments(["--port=\u{301}1"], options: Self.options, usage: "Usage: x")
    #expect(arguments["port"] == "\u{301}1")
  }

  @Test("A program that takes fewer words names the first one too many") func tooMany() throws {
    let arguments = try Arguments(["a", "b"], options: [], usage: "Usage: x")
    #expect(try arguments.positional(atMost: 2) == ["a", "b"])
    #expect { try arguments.positional(atMost: 1) } throws: {
      "\($0)".hasPrefix("'b' is one word too many\n\nUsage: x")
    }
  }

  @Test(
    "Help is asked for anywhere before `--`",
    arguments: [
      (["--help"], true), (["a", "-h"], true), (["--port", "1", "--help"], true), ([], false), (["help"], false),
      (["--", "--help"], false), (["--helpful"], false),
    ])
  func isHelp(words: [String], isHelp: Bool) {
    #expect(Arguments.told(words, help: "Usage: x [a]\n") == (isHelp ? "Usage: x [a]\n" : nil))
  }

  @Test(
    "The version is asked for anywhere before `--`; help comes first",
    arguments: [
      (["--version"], "x \(Version.text)"), (["a", "--version"], "x \(Version.text)"), (["--", "--version"], nil),
      (["--version", "--help"], "Usage: x\n"), (["version"], nil),
    ])
  func version(words: [String], told: String?) { #expect(Arguments.told(words, help: "Usage: x\n") == told) }
}
