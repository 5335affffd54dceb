import AWSClients
import CacheSupport
import Foundation
import TestSupport
import Testing

@testable import LocalCloud

/// What the Runtime API says to answers that it does not take, in Lambda's words.
@Suite struct RuntimeAPITests {
  @Test("An answer comes once, of an invocation that runs, and in one piece") func refusals() async throws {
    // Each answer is a line: how it was given, the status, and the body.
    let script = #"""
      say() { name=$1; shift; printf '%s %s\n' "$name" "$(curl -s -w ' %{http_code}' --data '{}' "$@" | tr -d '\n')" >> "$home/said"; }
      mode=Lambda-Runtime-Function-Response-Mode
      say streaming -H "$mode: Streaming" "$api/$id/response"
      say other -H "$mode: whole" "$api/$id/response"
      say unknown "$api/x/response"
      say first "$api/$id/response"
      say response "$api/$id/response"
      say error "$api/$id/error"
      say unknown "$api/x/error"
      touch "$home/done"
      """#
    let template = """
      Resources:
        F: { Type: AWS::Serverless::Function, Properties: { FunctionName: f, CodeUri: Say, Timeout: 900 } }
      """
    try await LambdaServiceTests.with(template, ["Say": script]) { cloud, folder in
      let answer = try await LambdaClient(cloud.client).invoke("f", payload: Array("{}".utf8))
      #expect(answer.functionError == nil && answer.payload == Array("{}".utf8))
      #expect(try await eventually { FileManager.default.fileExists(atPath: folder.appending(path: "done").path) })
      let said = try String(contentsOf: folder.appending(path: "said"), encoding: .utf8).split(separator: "\n")
      func error(_ type: String, _ message: String, _ status: Int) -> String {
        #"{"errorMessage":"\#(message)","errorType":"\#(type)"} \#(status)"#
      }
      func transition(_ state: String) -> String {
        error(
          "InvalidStateTransition",
          "State transition from RuntimeResponseSentState to \(state) failed for runtime. Error: State transition is not "
            + "allowed", 403)
      }
      let unknown = "unknown " + error("InvalidRequestID", "Invalid request ID", 400)
      let mode = "InvalidFunctionResponseMode"
      #expect(
        said.map(String.init) == [
          "streaming "
            + error(mode, "The local cloud does not emulate the function response mode streaming", 400),
          "other " + error(mode, "Invalid function response mode: whole", 400), unknown,
          #"first {"status":"OK"} 202"#, "response " + transition("InvocationResponse"),
          "error " + transition("InvocationErrorResponse"), unknown,
        ])
    }
  }
}
