import CacheSupport
import Foundation
import Synchronization

/// AWS Lambda: the functions' processes with their Runtime API, Invoke, and what invokes them by itself: queues and schedules.
final class LambdaService: ServiceModule {
  static let resourceTypes: [any TemplateResource.Type] = [FunctionResource.self]

  let sandboxes: Sandboxes
  private let events: EventInvocations
  private let invokeAPI: InvokeAPI
  private let messages: QueueStore
  private let account: Account
  private let clock: WallClock
  private let polls: Bool
  private let functions = Mutex<[FunctionResource]>([])
  private let tasks = BackgroundTasks()

  init(_ context: ModuleContext) throws {
    messages = try context.module(SQSService.self).messages
    account = context.account
    clock = context.clock
    polls = context.options.pollsEventSources
    sandboxes = try Sandboxes(
      account: account, clock: clock, logFolder: context.logFolder, limitsMemory: context.options.limitsMemory
    ) { [place = context.place] in place.plainAuthority }
    events = EventInvocations(storage: context.storage, sandboxes: sandboxes, messages: messages, clock: clock)
    invokeAPI = InvokeAPI(sandboxes: sandboxes, events: events, verifier: context.verifier, clock: clock)
  }

  var routes: [Route] { RuntimeAPI(sandboxes: sandboxes).routes + invokeAPI.routes }

  func standUp(_ stack: Stack, _ state: inout StackState) {
    let all = stack.all(FunctionResource.self)
    for function in all { sandboxes.register(function.description) }
    functions.withLock { $0 = all }
  }

  func start() throws(ServiceError) {
    try events.resume()
    guard polls else { return }
    let functions = functions.withLock { $0 }
    for mapping in functions.flatMap(\.eventSources) {
      let source = EventSource(mapping: mapping, messages: messages, sandboxes: sandboxes, account: account)
      tasks.run { await source.run() }
    }
    for rule in functions.flatMap(\.rules) { tasks.run { [self] in await run(rule) } }
  }

  /// Invokes a rule's function whenever it is due, until the task is cancelled.
  private func run(_ rule: ScheduleRule) async {
    while let due = rule.schedule.next(after: clock.now) {
      do { try await Task.sleep(for: .milliseconds(max(0, due - clock.now))) } catch { return }
      let event: JSON = [
        "version": "0", "id": .string(RandomID.uuid()), "detail-type": "Scheduled Event", "source": "aws.events",
        "account": .string(account.id), "time": .string(UTCTime(epochMilliseconds: due).iso8601Text),
        "region": .string(account.region),
        "resources": [.string("arn:aws:events:\(account.region):\(account.id):rule/\(rule.name)")], "detail": [:],
      ]
      do throws(ServiceError) {
        try await events.accept(rule.function, rule.input.map { Array($0.utf8) } ?? event.bytes)
      } catch {
        let words = "the schedule \(rule.name) could not invoke \(rule.function): \(error.message ?? error.type)\n"
        FileHandle.standardError.write(Data(words.utf8))
      }
    }
  }

  func stop() async {
    // First what others wait for: invocations that are still running end with their processes.
    await sandboxes.stop()
    await tasks.stop()
    await events.stop()
  }
}
