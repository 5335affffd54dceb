import CacheSupport
import Foundation

/// What other programs of the same person need to know of a cloud that runs: a file in the folder of its data, which its owner
/// alone may read.
public struct RunningCloud: Sendable, Hashable {
  public struct Output: Sendable, Hashable {
    public var name: String
    public var value: String
  }

  /// By which a cloud that answers is known to be the one that wrote the file.
  public var id: String
  public var address: String
  /// Where its certificate is; nil over plain HTTP.
  public var certificateFile: String?
  public var region: String
  public var accessKeyID: String
  /// nil where the key pair is that of the environment, which is not kept.
  public var secretAccessKey: String?
  public var outputs: [Output]
  /// What the template gives its functions: see ``Stack/functionVariables``.
  public var variables: [Output]

  static let fileName: String = "running.json"

  private static func file(in folder: String) -> String {
    URL(filePath: folder, directoryHint: .isDirectory).appending(path: fileName).path
  }

  /// Puts the file into a folder, in the place of one that is there.
  ///
  /// - Throws: `TextFile.Failure` that names the file.
  func write(in folder: String) throws { try TextFile.replace(Self.file(in: folder), with: json.text) }

  /// Takes the file away. One that stays names a cloud that does not answer any more, and counts for nothing.
  static func remove(from folder: String) { try? TextFile.remove(file(in: folder)) }

  /// What the last cloud wrote that used a folder; nil where there is none. Whether it still runs is for the caller to ask.
  public static func last(in folder: String) -> RunningCloud? {
    guard let text = try? TextFile.read(file(in: folder)), let json = try? JSON(parsing: text) else { return nil }
    return RunningCloud(json)
  }

  private var json: JSON {
    [
      "id": .string(id), "address": .string(address), "certificate": certificateFile.map { .string($0) } ?? .null,
      "region": .string(region), "accessKeyId": .string(accessKeyID),
      "secretAccessKey": secretAccessKey.map { .string($0) } ?? .null,
      "outputs": Self.list(outputs), "variables": Self.list(variables),
    ]
  }

  private static func list(_ values: [Output]) -> JSON {
    .array(values.map { ["name": .string($0.name), "value": .string($0.value)] })
  }

  private static func values(_ list: JSON?) -> [Output] {
    (list?.array ?? []).compactMap { one in
      guard let name = one["name"]?.string, let value = one["value"]?.string else { return nil }
      return Output(name: name, value: value)
    }
  }
}

extension RunningCloud {
  private init?(_ json: JSON) {
    guard let id = json["id"]?.string, let address = json["address"]?.string, let region = json["region"]?.string,
      let key = json["accessKeyId"]?.string
    else { return nil }
    self.init(
      id: id, address: address, certificateFile: json["certificate"]?.string, region: region, accessKeyID: key,
      secretAccessKey: json["secretAccessKey"]?.string,
      outputs: Self.values(json["outputs"]), variables: Self.values(json["variables"]))
  }
}
