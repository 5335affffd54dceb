import CacheSupport

/// The control endpoint of faults on purpose, `/_local-cloud/faults`: GET shows the rules and how often each struck, PUT replaces
/// them, DELETE ends them.
struct FaultsAPI: Sendable {
  let faults: Faults
  let access: ConsoleGuard
  /// Told what changes.
  var notice: @Sendable (String) -> Void = Notice.tell

  static let path: String = "/_local-cloud" + subpath
  private static let subpath: String = "/faults"

  var routes: [Route] {
    [
      access.route("GET", Self.subpath) { _ throws(ServiceError) in faults.json },
      access.route("PUT", Self.subpath) { request throws(ServiceError) in
        let file = FaultFile(name: "request", text: String(decoding: request.http.body, as: UTF8.self))
        do throws(TemplateError) { notice(try faults.replace(with: file)) } catch {
          throw ServiceError(type: "ValidationException", message: error.description)
        }
        return faults.json
      },
      access.route("DELETE", Self.subpath) { _ throws(ServiceError) in
        faults.end()
        notice("no more faults on purpose")
        return faults.json
      },
      access.route(nil, Self.subpath) { request throws(ServiceError) in
        throw ServiceError(
          status: 405, type: "MethodNotAllowed", message: "There are GET, PUT and DELETE of \(Self.path)")
      },
    ]
  }
}
