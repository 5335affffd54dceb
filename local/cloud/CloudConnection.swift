import CacheSupport
import CommandLineSupport
import HTTPTransport
import LocalCloud

/// A cloud that runs, found by the folder of its data or by its address.
struct CloudConnection {
  static let options: [Arguments.Option] = [
    .init("data", value: "DIR", "the folder of the cloud's data (default \(CommandLineOptions.standardFolder))"),
    .init("url", value: "URL", "the cloud's address, in place of the folder"),
  ]

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let address: String
  private let http: CurlClient

  /// - Throws: ``Failure`` where no cloud answers.
  init(_ arguments: Arguments, _ environment: ProcessEnvironment) async throws {
    guard let url = arguments["url"] else {
      let running = try await Self.running(in: arguments["data"])
      self.init(running)
      return
    }
    guard arguments["data"] == nil else { throw Arguments.Failure(description: "give --data or --url, not both") }
    self.init(
      address: String(url.utf8.last == UInt8(ascii: "/") ? url.dropLast() : url[...]),
      http: CurlClient(environment: environment))
    guard try await ask("")["id"]?.string != nil else {
      throw Failure(description: "what answers at \(address) is no local cloud")
    }
  }

  private init(_ running: RunningCloud) {
    self.init(
      address: running.address,
      http: CurlClient(environment: running.certificateFile.map { ["AWS_CA_BUNDLE": $0] } ?? [:]))
  }

  private init(address: String, http: CurlClient) {
    self.address = address
    self.http = http
  }

  /// The cloud whose data are in a folder.
  ///
  /// - Throws: ``Failure`` where none runs.
  static func running(in folder: String?) async throws -> RunningCloud {
    let name = folder ?? CommandLineOptions.standardFolder
    let none = Failure(
      description: "no local cloud runs on \(name): start it with local-cloud"
        + (folder.map { " --data \(ShellText.quoted($0, for: .sh))" } ?? ""))
    guard let running = RunningCloud.last(in: name) else { throw none }
    // A cloud that was killed leaves its file, and another program may have its port.
    guard let id = try? await CloudConnection(running).ask("")["id"]?.string, id == running.id else { throw none }
    return running
  }

  /// Asks for what is below `/_local-cloud`.
  ///
  /// - Throws: ``Failure`` with the cloud's words, or where it does not answer.
  func ask(_ path: String, method: String = "GET") async throws(Failure) -> JSON {
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try await http.send(
        HTTPRequest(
          method: method, url: "\(address)/_local-cloud\(path)", headers: ["X-Local-Cloud": "1"], bypassesProxy: true))
    } catch {
      throw Failure(description: "no local cloud answers at \(address): \(error)")
    }
    let json = try? JSON(parsing: response.body)
    guard response.status == 200, let json else {
      throw Failure(
        description: json?["message"]?.string ?? "what answers at \(address) is no local cloud (\(response.status))")
    }
    return json
  }
}
