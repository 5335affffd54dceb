import AWSClients
import CacheSupport
import Foundation
import TestSupport
import Testing

@testable import LocalCloud

/// What starts were given stays with the data, and what a person put is not lost unawares.
@Suite struct KeptParameterTests {
  @Test("What is given counts most, then what was given, then the file, then the file that was")
  func order() {
    var kept = KeptParameters()
    var file = TemplateFile(name: "t", text: "")
    func value() -> String? { kept.values(for: file, names: ["P"])["P"] }
    #expect(value() == nil)
    file.standards = ["P": "file", "Other": "x"]
    #expect(value() == "file" && !kept.counts("P", for: file))
    kept.keep(file)
    file.standards = [:]
    #expect(value() == "file" && kept.counts("P", for: file))
    file.standards = ["P": "new file"]
    #expect(value() == "new file" && !kept.counts("P", for: file))
    file.parameters = ["P": "given"]
    kept.keep(file)
    file.parameters = [:]
    #expect(value() == "given" && kept.counts("P", for: file))
    file.parameters = ["P": "anew"]
    #expect(value() == "anew" && !kept.counts("P", for: file))
    kept.forget("P")
    file = TemplateFile(name: "t", text: "")
    #expect(value() == nil && kept.values(for: file, names: ["P", "Other"]) == ["Other": "x"])
  }

  static let template = """
    Parameters:
      Key: { Type: String, NoEcho: true, Default: placeholder }
      Size: { Type: Number, Default: 1, MaxValue: 5 }
    Resources:
      K: { Type: AWS::SSM::Parameter, Properties: { Name: /s/key, Type: String, Value: !Ref Key } }
      S: { Type: AWS::SSM::Parameter, Properties: { Name: /s/size, Type: String, Value: !Ref Size } }
    """

  /// The values of a start: of `/s/key` and `/s/size`, and the parameters that are told to be kept.
  private static func start(
    _ folder: String, _ parameters: [String: String] = [:], resets: Set<String> = [], template: String = template,
    _ body: (TestCloud) throws -> Void = { _ in }
  ) async throws -> [String] {
    try await TestCloud.with(polls: false) {
      $0.folder = folder
      $0.template = TemplateFile(name: "t.yaml", text: template, parameters: parameters)
      $0.resets = resets
    } _: { cloud in
      let ssm = SSMClient(cloud.client)
      let values = [try await ssm.parameter("/s/key"), try await ssm.parameter("/s/size")]
      try body(cloud)
      return values + cloud.cloud.keptParameters
    }
  }

  private static func refusal(_ body: () async throws -> [String]) async -> String {
    do { return "\(try await body())" } catch { return "\(error)" }
  }

  @Test("Given once, used until given anew or reset; what a person put is replaced only where the start says so")
  func starts() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kept-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(try await Self.start(folder) == ["placeholder", "1"])
    #expect(try await Self.start(folder, ["Key": "secret-1", "Size": "3"]) == ["secret-1", "3"])
    #expect(try await Self.start(folder) == ["secret-1", "3", "Key", "Size"])
    #expect(try await Self.start(folder, ["Size": "4"]) == ["secret-1", "4", "Key"])
    #expect(try await Self.start(folder, resets: ["Size"]) == ["secret-1", "1", "Key"])
    #expect(
      try await Self.start(folder) { try $0.cloud.setParameter("/s/key", "by hand") } == ["secret-1", "1", "Key"])
    // Nothing is given: what a person put stays.
    #expect(try await Self.start(folder) == ["by hand", "1", "Key"])
    let words = """
      this start would replace a value that was put into /s/key since the last start: to let it, start with --reset /s/key; to \
      keep the value, start with the parameters of the last start
      """
    #expect(await Self.refusal { try await Self.start(folder, ["Key": "secret-2"]) }.hasSuffix(words))
    // Nothing else was changed, either.
    let wider = Self.template + "\n  Q: { Type: AWS::SQS::Queue, Properties: { QueueName: extra } }"
    #expect(
      await Self.refusal { try await Self.start(folder, ["Key": "secret-2"], template: wider) }.hasSuffix(words))
    _ = try await Self.start(folder) { #expect($0.cloud.leftovers == []) }
    let queue = try await TestCloud.with(polls: false) {
      $0.folder = folder
      $0.template = TemplateFile(name: "t.yaml", text: Self.template)
    } _: {
      try? await SQSClient($0.client).queueURL(named: "extra")
    }
    #expect(queue == nil)
    #expect(try await Self.start(folder) == ["by hand", "1", "Key"])
    #expect(try await Self.start(folder, resets: ["/s/key"]) == ["secret-1", "1", "Key"])
    #expect(try await Self.start(folder, ["Key": "secret-2"], resets: ["/s/key"]) == ["secret-2", "1"])
    // The same value as a person put is no loss.
    #expect(
      try await Self.start(folder) { try $0.cloud.setParameter("/s/key", "secret-3") } == ["secret-2", "1", "Key"])
    #expect(try await Self.start(folder, ["Key": "secret-3"]) == ["secret-3", "1"])
    #expect(
      await Self.refusal { try await Self.start(folder, resets: ["Sise"]) }
        == "--reset: there is no parameter 'Sise'; there are /s/key, /s/size, Key, Size")
    // A kept value that the template no longer takes is told as one.
    let narrow = Self.template.replacing("MaxValue: 5", with: "MaxValue: 2")
    #expect(try await Self.start(folder, ["Size": "5"]) == ["secret-3", "5", "Key"])
    #expect(
      await Self.refusal { try await Self.start(folder, template: narrow) }
        == "t.yaml:3: Parameter 'Size' must be a number to 2. It is '5'. It is kept from an earlier start: give another, or --reset Size."
    )
  }

  /// A start with two parameters of SSM, and what they are while it runs.
  private static func start(
    _ folder: String, key: String?, size: String, resets: Set<String> = [],
    _ body: (TestCloud) throws -> Void = { _ in }
  ) async throws -> [String] {
    func resource(_ name: String, _ properties: String) -> String {
      "  \(name): { Type: AWS::SSM::Parameter, Properties: { Name: /s/\(name), \(properties) } }\n"
    }
    return try await TestCloud.with(polls: false) {
      $0.folder = folder
      $0.template = TemplateFile(
        name: "t.yaml",
        text: "Resources:\n" + resource("size", size) + (key.map { resource("key", $0) } ?? ""))
      $0.resets = resets
    } _: { cloud in
      try body(cloud)
      let ssm = try #require(cloud.cloud.modules.compactMap { $0 as? SSMService }.first)
      return try ["/s/key", "/s/size"].flatMap { name in
        try ssm.typeAndValue(of: name).map { [$0.type, $0.value] } ?? []
      }
    }
  }

  @Test("A value that a start set before it failed is the template's, and a person's is not taken for it")
  func failure() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kept-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (old, new) = ("Type: String, Value: old", "Type: String, Value: new, Description: d")
    let (size, narrow) = ("Type: String, Value: x", "Type: String, Value: x, AllowedPattern: '[a-z]+'")
    func fail(key: String) async throws -> String {
      await Self.refusal {
        // The one that fails is set last.
        try await TestCloud.with(polls: false) {
          $0.folder = folder
          $0.template = TemplateFile(
            name: "t.yaml",
            text: """
              Resources:
                key: { Type: AWS::SSM::Parameter, Properties: { Name: /s/key, \(key) } }
                size: { Type: AWS::SSM::Parameter, Properties: { Name: /s/size, \(narrow) } }
              """)
        } _: { _ in
          []
        }
      }
    }
    let values = try await Self.start(folder, key: old, size: size) { try $0.cloud.setParameter("/s/size", "1 2") }
    #expect(values == ["String", "old", "String", "1 2"])
    let words = "the parameter /s/size: Parameter value, cannot be validated against allowedPattern: [a-z]+"
    #expect(try await fail(key: new).hasSuffix(words))
    #expect(try await Self.start(folder, key: old, size: size) == ["String", "old", "String", "1 2"])
    #expect(try await fail(key: new).hasSuffix(words))
    #expect(try await fail(key: "Type: StringList, Value: newer").hasSuffix(words))
    #expect(try await Self.start(folder, key: new, size: size) == ["String", "new", "String", "1 2"])
    // What was begun is forgotten once a start has ended: the same value is a person's now.
    _ = try await Self.start(folder, key: new, size: size) { try $0.cloud.setParameter("/s/key", "newer") }
    #expect(await Self.refusal { try await Self.start(folder, key: old, size: size) }.contains("put into /s/key since"))
  }

  @Test("A person's value outlives a type, a pattern and the first template that names it") func person() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kept-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let size = "Type: String, Value: x"
    _ = try await Self.start(folder, key: nil, size: "\(size), AllowedPattern: '[a-z]+'") {
      try $0.cloud.setParameter("/s/key", "by hand")
    }
    // A pattern that leaves the template binds nobody any more.
    #expect(
      try await Self.start(folder, key: nil, size: "Type: String, Value: '5'")
        == ["String", "by hand", "String", "5"])
    let key = "Type: String, Value: first"
    #expect(
      await Self.refusal { try await Self.start(folder, key: key, size: size) }.contains("--reset /s/key"))
    #expect(
      try await Self.start(folder, key: key, size: size, resets: ["/s/key"]) == ["String", "first", "String", "x"])
    _ = try await Self.start(folder, key: key, size: size) { try $0.cloud.setParameter("/s/key", "a,b") }
    #expect(
      try await Self.start(folder, key: "Type: StringList, Value: first", size: size)
        == ["StringList", "a,b", "String", "x"])
  }

  @Test("Reset, a generated value is another one, and a parameter of SSM follows the one that it is made of")
  func resets() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "kept-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let generated = Self.template.replacing(", Default: placeholder", with: "")
    let first = try await Self.start(folder, template: generated)
    #expect(try await Self.start(folder, template: generated) == first)
    let second = try await Self.start(folder, resets: ["Key"], template: generated)
    #expect(first[0] != second[0] && first[1] == second[1])
    _ = try await Self.start(folder, template: generated) { try $0.cloud.setParameter("/s/size", "4") }
    #expect(try await Self.start(folder, template: generated) == [second[0], "4"])
    #expect(try await Self.start(folder, resets: ["Size"], template: generated) == [second[0], "1"])
  }

  @Test("The file of a cloud that runs goes with it, and its owner alone may read it") func running() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "running-\(RandomID.uuid())").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(RunningCloud.last(in: folder) == nil)
    _ = try await Self.start(folder, ["Key": "secret-1"]) { cloud in
      let found = try #require(RunningCloud.last(in: folder))
      #expect(found.address == cloud.cloud.address && found.accessKeyID == "test" && found.region == "us-east-1")
      let file = "\(folder)/\(RunningCloud.fileName)"
      let rights = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(rights == 0o600)
    }
    #expect(RunningCloud.last(in: folder) == nil)
  }
}
