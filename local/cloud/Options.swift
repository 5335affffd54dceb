import CacheSupport
import CommandLineSupport
import Foundation
import LocalCloud

/// The command line of `local-cloud`.
struct CommandLineOptions {
  static let options: [Arguments.Option] = [
    .init("port", value: "PORT", "the port to take, 0 for a free one (default 4566)"),
    .init("data", value: "DIR", "where the data are kept (default .local-cloud)"),
    .init("ephemeral", "keep the data only for this run"),
    .init("durable", "answer once the data are on the disk, so that they survive the machine's end too; slower"),
    .init("host", value: "ADDRESS", "the IPv4 address to listen on (default 127.0.0.1)"),
    .init("template", value: "FILE", "what to set up (default \(standardTemplate))"),
    .init(
      "parameter", value: "K=V", "a parameter of the template; K=@FILE takes a file's text; may come several times"),
    .init(
      "parameters", value: "FILE", "a YAML map of parameters (default \(standardParameters), with the default template)"
    ),
    .init("prune", "delete what has left the template, with its data; `local-cloud plan` lists it"),
    .init(
      "reset", value: "NAME",
      "let a parameter go back to what the template says, whatever was given or put before; may come several times"),
    .init("quiet", "do not print what to try"),
    .init("stack-name", value: "NAME", "what AWS::StackName is (default timeseries-cache)"),
    .init(
      "result-memory", value: "MB", "what the results of queries may take together, kept and running (default 256)"),
    .init("faults", value: "FILE", "faults on purpose, by the rules of a file (docs/local-cloud.md)"),
    .init("tls", "serve over TLS, with a certificate made now"),
    .init("tls-certificate", value: "FILE", "serve over TLS with this certificate (PEM), and the key of --tls-key"),
    .init("tls-key", value: "FILE", "the certificate's key (PEM)"),
  ]
  static let usage: String = """
    Usage: local-cloud [--port PORT] [--data DIR | --ephemeral] [--template FILE] [--parameter K=V]…
           local-cloud plan [--template FILE] [--parameter K=V]…
           local-cloud env | status | logs FUNCTION | redrive QUEUE     (each has --help)

    DynamoDB, SQS, SSM, Timestream, Lambda and an API gateway on one port, with the stack of a CloudFormation template on
    them. It accepts the key pair of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else test and test.
    What --parameter and --parameters give is kept with the data: a later start goes by it until it is given anew, or --reset.
    `local-cloud plan` prints what it would set up, and what of the template it does not emulate; its exit status is 1 where
    the template or a description of a source is wrong. The others ask a cloud that runs.

    Examples:
      local-cloud
      local-cloud --port 0 --ephemeral --parameter HistoryStore=dynamodb
      local-cloud plan --template template.yaml
      eval "$(local-cloud env)"
      local-cloud logs fetch --identifier greenwich
    """
  static let standardFolder = ".local-cloud"
  private static let standardTemplate = "Infra/template.yaml"
  private static let standardParameters = "local/parameters.yaml"

  var cloud: LocalCloud.Options
  /// Print the plan, and end.
  var isPlan: Bool
  /// Do not print what to try.
  var isQuiet: Bool

  init(_ words: [String]) throws {
    let arguments = try Arguments(words, options: Self.options, usage: Self.usage)
    guard arguments.positional.isEmpty || arguments.positional == ["plan"] else {
      throw Arguments.Failure(
        description: "'\(arguments.positional[0])' is not understood; the commands are "
          + (["plan"] + CloudCommand.all.map(\.name)).joined(separator: ", "))
    }
    isPlan = arguments.positional == ["plan"]
    isQuiet = arguments.has("quiet")
    cloud = LocalCloud.Options(template: try Self.template(arguments))
    cloud.takeCredentials(from: .process())
    if let text = arguments["port"] {
      guard let port = UInt16(text) else {
        throw Arguments.Failure(description: "--port is '\(text)': give 0 to 65535")
      }
      cloud.port = port
    }
    if arguments.has("ephemeral"), arguments["data"] != nil {
      throw Arguments.Failure(description: "give --data or --ephemeral, not both")
    }
    if arguments.has("durable"), arguments.has("ephemeral") {
      throw Arguments.Failure(description: "--durable is for data that are kept: not with --ephemeral")
    }
    cloud.isDurable = arguments.has("durable")
    cloud.folder = arguments.has("ephemeral") ? nil : arguments["data"] ?? Self.standardFolder
    if let text = arguments["result-memory"] {
      guard let megabytes = Int(text), (1...1_000_000).contains(megabytes) else {
        throw Arguments.Failure(description: "--result-memory is '\(text)': give 1 to 1000000 megabytes")
      }
      cloud.resultMemory = megabytes << 20
    }
    if let name = arguments["faults"] { cloud.faults = FaultFile(name: name, text: try Self.read(name, "--faults")) }
    if let host = arguments["host"] { cloud.host = host }
    cloud.prunes = arguments.has("prune")
    if let name = arguments["stack-name"] { cloud.stackName = name }
    cloud.resets = Set(arguments.all("reset"))
    switch (arguments["tls-certificate"], arguments["tls-key"]) {
    case (let certificate?, let key?):
      cloud.tls = .given(try TLS(certificateFile: certificate, keyFile: key))
    case (nil, nil): if arguments.has("tls") { cloud.tls = .selfSigned }
    default: throw Arguments.Failure(description: "--tls-certificate and --tls-key go together")
    }
  }

  private static func template(_ arguments: Arguments) throws -> TemplateFile {
    let name = arguments["template"] ?? standardTemplate
    var file = TemplateFile(name: name, text: try read(name, "--template"))
    if let parameters = arguments["parameters"] {
      file.parameters = try TemplateFile.parameters(in: try read(parameters, "--parameters"), named: parameters)
    } else if arguments["template"] == nil, FileManager.default.fileExists(atPath: standardParameters) {
      file.standards = try TemplateFile.parameters(
        in: try read(standardParameters, "--parameters"), named: standardParameters)
    }
    for text in arguments.all("parameter") {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Arguments.Failure(description: "--parameter is '\(parts[0])': give Name=value")
      }
      let isFile = parts[1].hasPrefix("@")
      file.parameters[parts[0]] = isFile ? try read(String(parts[1].dropFirst()), "--parameter \(parts[0])") : parts[1]
    }
    return file
  }

  private static func read(_ path: String, _ option: String) throws -> String {
    do throws(TextFile.Failure) { return try TextFile.read(path) } catch {
      throw Arguments.Failure(description: "\(option): \(error)")
    }
  }
}
