import CacheSupport

@testable import LocalCloud

/// Runs operations of a module as the front door does, without HTTP and signatures.
struct ModuleCaller<Module: ServiceModule>: Sendable {
  let module: Module
  let storage: Storage
  private let operations: [ByteText: Operation]

  init(_ module: Module, _ storage: Storage) {
    self.module = module
    self.storage = storage
    operations = Dictionary(uniqueKeysWithValues: module.operations.map { (ByteText($0.name), $0) })
  }

  func callAsFunction(_ name: String, _ input: JSON) async throws(ServiceError) -> JSON {
    guard let operation = operations[ByteText(name)] else { throw .unknownOperation(name) }
    let request = ServerRequest(method: "POST", path: "/", body: input.bytes)
    let answer: Answer =
      switch try operation.begin(OperationRequest(http: request)) {
      case .answer(let answer): answer
      case .reading(let body): try await storage.read(body)
      case .writing(let body): try await storage.write(body)
      case .waiting(let body): try await body()
      case .trying(let body):
        switch try await storage.write(body) {
        case .answer(let write): write()
        case .waiting(let body): try await body()
        }
      }
    answer.afterCommit?()
    do { return try JSON(parsing: answer.body) } catch { throw .internal(error) }
  }

  /// The code and the words of a refusal; nil where there is none.
  func refusal(_ name: String, _ input: JSON) async -> String? {
    do throws(ServiceError) {
      _ = try await self(name, input)
      return nil
    } catch {
      let code = error.queryCode ?? error.type.split(separator: "#").last.map(String.init) ?? error.type
      return error.message.map { "\(code): \($0)" } ?? code
    }
  }
}
