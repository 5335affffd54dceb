import AWSClients
import CacheSupport
import Foundation
import TestSupport
import Testing

@testable import LocalCloud

/// What a function finds in its environment.
@Suite(.timeLimit(.minutes(5))) struct FunctionEnvironmentTests {
  @Test("A function has the variables of its template, where they are not Lambda's, and Lambda's own") func found()
    async throws
  {
    let own = [
      "AWS_ENDPOINT_URL": "http://own.example", "TZ": "Asia/Tokyo", "PATH": "/usr/bin:/bin:/own",
      "LD_LIBRARY_PATH": "/own/lib", "LANG": "C.UTF-8", "WORDS": "two words = 'one' \"value\"",
    ]
    let variables = JSON.object(own.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }).text
    let template = LambdaServiceTests.template("Tell").replacing(
      "Timeout: 900",
      with:
        "Timeout: 900\n      Handler: app.handler\n      MemorySize: 512\n      Environment: { Variables: \(variables) }"
    )
    let script = #"env | curl -s --data-binary @- "$api/$id/response""#
    try await LambdaServiceTests.with(template, ["Tell": script]) { cloud, folder in
      let answer = try await LambdaClient(cloud.client).invoke("f", payload: Array("{}".utf8))
      let lines = String(decoding: answer.payload, as: UTF8.self).split(separator: "\n")
      var found = Dictionary(
        lines.map { line in
          let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
          return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
      ) { first, _ in first }
      // The shell's own.
      for name in ["PWD", "OLDPWD", "SHLVL", "_"] { found[name] = nil }
      #expect(found.removeValue(forKey: "AWS_LAMBDA_RUNTIME_API")?.hasPrefix("127.0.0.1:") == true)
      #expect(found.removeValue(forKey: "AWS_LAMBDA_LOG_STREAM_NAME")?.contains("/[$LATEST]") == true)
      let lambda = [
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f", "LAMBDA_TASK_ROOT": folder.path, "_HANDLER": "app.handler",
      ]
      #expect(found == own.merging(lambda) { first, _ in first })
    }
  }
}
