import CacheSupport
import Foundation
import SigV4
import Synchronization

/// What Lambda tells of functions: GetFunction, GetFunctionConfiguration, ListFunctions.
///
/// See <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>.
final class FunctionsAPI: Sendable {
  private let lambda: LambdaRoutes
  private let known = Mutex<[String: Package]>([:])

  /// Functions of one page at most.
  private static let pageSize: Int = 50

  init(lambda: LambdaRoutes) { self.lambda = lambda }

  var routes: [Route] {
    [
      lambda.route("GetFunction", "GET", "/functions/{FunctionName}") { request throws(ServiceError) in
        let function = try self.lambda.function(request)
        var answer: JSONObject = [
          "Configuration": self.configuration(function),
          "Code": ["RepositoryType": "File", "Location": .string(URL(filePath: function.executable).absoluteString)],
        ]
        if let count = function.reservedConcurrency {
          answer["Concurrency"] = ["ReservedConcurrentExecutions": .integer(count)]
        }
        return .json(.object(answer))
      },
      lambda.route("GetFunctionConfiguration", "GET", "/functions/{FunctionName}/configuration") {
        request throws(ServiceError) in
        .json(self.configuration(try self.lambda.function(request)))
      },
      lambda.route("ListFunctions", "GET", "/functions") { request throws(ServiceError) in
        // There are no other versions, and no other region.
        if let version = request.parameter("FunctionVersion"), version != "ALL" {
          var constraints = Constraints()
          constraints.violate("functionVersion", version, "satisfy enum value set: [ALL]")
          try constraints.check()
        }
        let page = try request.page(of: self.lambda.sandboxes.descriptions, most: Self.pageSize) { $0.name }
        return .json([
          "Functions": .array(page.elements.map(self.configuration)),
          "NextMarker": page.next.map { .string($0) } ?? .null,
        ])
      },
    ]
  }

  private func configuration(_ function: FunctionDescription) -> JSON {
    let package = package(function.executable)
    let modified = UTCTime(epochSeconds: package.modified)
    var configuration: JSONObject = [
      "FunctionName": .string(function.name), "FunctionArn": .string(lambda.sandboxes.arn(function.name)),
      "Runtime": .string(function.runtime), "Role": .string(function.role), "Handler": .string(function.handler),
      "CodeSize": .integer(package.size), "Description": .string(function.text), "Timeout": .integer(function.timeout),
      "MemorySize": .integer(function.memory),
      "LastModified": .string("\(modified.dateText)T\(modified.timeText).000+0000"),
      "CodeSha256": .string(package.digest), "Version": "$LATEST", "TracingConfig": ["Mode": "PassThrough"],
      "PackageType": "Zip", "Architectures": [.string(Self.architecture)], "EphemeralStorage": ["Size": 512],
      "LoggingConfig": ["LogFormat": "Text", "LogGroup": .string(function.logGroup)],
    ]
    if !function.variables.isEmpty {
      configuration["Environment"] = [
        "Variables": .object(
          function.variables.sorted { $0.key < $1.key }.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) })
      ]
    }
    if package.isThere {
      configuration["State"] = "Active"
      configuration["LastUpdateStatus"] = "Successful"
    } else {
      configuration["State"] = "Failed"
      configuration["StateReason"] = .string("There is no executable \(function.executable)")
      configuration["StateReasonCode"] = "InternalError"
    }
    // Another whenever anything of it is another.
    configuration["RevisionId"] = .string(RandomID.uuid(of: JSON.object(configuration).bytes))
    return .object(configuration)
  }

  /// What functions run on here.
  private static var architecture: String {
    #if arch(arm64)
      "arm64"
    #else
      "x86_64"
    #endif
  }

  // MARK: Executables

  /// The facts of an executable.
  private struct Package {
    var size: Int
    /// Epoch seconds.
    var modified: Int64
    /// SHA-256, Base64.
    var digest: String
    var isThere = true
  }

  private func package(_ path: String) -> Package {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    guard let size = attributes?[.size] as? Int, let date = attributes?[.modificationDate] as? Date else {
      return Package(size: 0, modified: 0, digest: "", isThere: false)
    }
    let modified = Int64(date.timeIntervalSince1970)
    // A digest is worked out once for a file that stays as it is.
    if let package = known.withLock({ $0[path] }), package.size == size, package.modified == modified { return package }
    let bytes = [UInt8]((try? Data(contentsOf: URL(filePath: path))) ?? Data())
    let package = Package(
      size: size, modified: modified, digest: Base64.text(MessageDigest.sha256(bytes).span))
    known.withLock { $0[path] = package }
    return package
  }
}

extension RandomID {
  /// An id in the form of a UUID that is the same for the same bytes.
  static func uuid(of bytes: [UInt8]) -> String {
    let digits = Array(Hex.encode(MessageDigest.md5(bytes)))
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return parts.map { String(digits[$0]) }.joined(separator: "-")
  }
}
