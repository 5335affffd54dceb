import CacheSupport
import LambdaRuntime

/// The page that people look at, which needs no key: it has no data in it, and asks the API with the key of whoever looks.
///
/// Its files are beside the function's executable. They are read when somebody first asks, so that no other request waits for them.
final class PageService: Sendable {
  private let folder: PageFolder

  /// - Parameter folder: where the files are.
  init(folder: String) { self.folder = PageFolder(folder) }

  /// The files beside the function's executable: Lambda says where that is, elsewhere the system does.
  convenience init(environment: ProcessEnvironment) {
    self.init(folder: PageFiles.folder(beside: environment["LAMBDA_TASK_ROOT"] ?? TextFile.executableFolder))
  }

  /// The file of a path; of a stage's name without a slash after it, where the page is: its links are relative to that.
  ///
  /// - Throws: 404 for a path that is no file of the page.
  func response(to request: APIRequest) throws(APIError) -> HTTPEventResponse {
    if let stage = request.event.bareStage {
      return HTTPEventResponse(
        status: 308, headers: ["Location": "\(stage)/", "Cache-Control": "no-cache"], content: .text([]))
    }
    guard let file = try read(request)[ByteText(String(decoding: request.event.path, as: UTF8.self))] else {
      throw .notFound("the page has no such file: load it again")
    }
    let isPacked = request.takesGzip
    return HTTPEventResponse(
      status: 200, headers: file.headers(isPacked: isPacked),
      content: isPacked ? .binary(file.packed) : .text(file.bytes))
  }

  private func read(_ request: APIRequest) throws(APIError) -> PageFiles {
    do throws(TextFile.Failure) {
      return try folder.files()
    } catch {
      request.context.logger.error("the page cannot be read", ["error": .string(error.description)])
      throw .noPage
    }
  }
}

extension APIError {
  static let noPage: APIError = .notFound(
    "the page is not beside this function's executable: package it with Infra/package.sh")
}
