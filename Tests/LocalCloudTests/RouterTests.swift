import CacheSupport
import Testing

@testable import LocalCloud

@Suite struct RouterTests {
  /// What a route answers: its name and the path's parameters.
  static func route(_ method: String?, _ path: String) -> Route {
    Route(method, path, errors: .message) { request in
      .now(.text(200, path + request.parameters.map { " \($0.name)=\($0.value)" }.joined()))
    }
  }

  static func answer(_ router: Router, _ method: String, _ path: String) async -> ServerResponse {
    await withCheckedContinuation { continuation in
      switch router.reply(to: ServerRequest(method: method, path: path)) {
      case .now(let answer): continuation.resume(returning: answer)
      case .later(let work): Task { continuation.resume(returning: await work()) }
      case .soon(let start):
        start(
          ServerReply.Responder(
            answer: { continuation.resume(returning: $0) },
            work: { work in Task { continuation.resume(returning: await work()) } }))
      }
    }
  }

  @Test(
    "The most specific route that takes the method has the request; the rest goes to the front door",
    arguments: [
      ("GET", "/a/b", "/a/b"), ("HEAD", "/a/b", "/a/b"), ("PUT", "/a/b", "/a/{rest+} rest=b"),
      ("GET", "/a/x%2Fy", "/a/{name} name=x/y"), ("GET", "/a/b/c", "/a/{rest+} rest=b/c"),
      ("POST", "/", "otherwise"), ("GET", "/", "/"), ("GET", "/b", "otherwise"), ("GET", "", "/"),
      ("GET", "/a/%41", "/a/{name} name=A"), ("GET", "/%61/b", "otherwise"),
    ])
  func routes(method: String, path: String, expected: String) async {
    let threads = RequestThreads(count: 1)
    let router = Router(
      [
        Self.route(nil, "/a/{rest+}"), Self.route("GET", "/a/{name}"), Self.route("GET", "/a/b"),
        Self.route("GET", "/"),
      ],
      on: threads
    ) { _ in .now(.text(404, "otherwise")) }
    #expect(String(decoding: await Self.answer(router, method, path).body, as: UTF8.self) == expected)
    threads.stop()
  }

  static let error = ServiceError(
    status: 418, type: "com.x#TeaException", message: "hot", members: ["Type": "User"], messageName: "Message")

  @Test(
    "An error is written as the route's protocol has it",
    arguments: [
      (.awsJSON, #"{"__type":"com.x#TeaException","Message":"hot","Type":"User"}"#, nil),
      (.restJSON, #"{"Type":"User","Message":"hot"}"#, "TeaException"),
      (.runtimeAPI, #"{"errorMessage":"hot","errorType":"TeaException"}"#, nil), (.message, #"{"message":"hot"}"#, nil),
    ] as [(ErrorFormat, String, String?)])
  func errors(format: ErrorFormat, body: String, code: String?) async {
    let threads = RequestThreads(count: 1)
    let route = Route("GET", "/x", errors: format) { _ throws(ServiceError) in throw Self.error }
    let answer = await Self.answer(Router([route], on: threads) { _ in .now(.text(404, "")) }, "GET", "/x")
    #expect(answer.status == 418)
    #expect(String(decoding: answer.body, as: UTF8.self) == body)
    #expect(answer.headers.first { $0.name == "x-amzn-ErrorType" }?.value == code)
    threads.stop()
  }
}
