import CacheSupport
import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import LocalCloud

/// SQS: those who wait for a message.
@Suite(.timeLimit(.minutes(5))) struct QueueWaitTests {
  @Test("A message wakes one of those who wait, in the order of their coming") func line() async {
    let polls = LongPolls()
    let tickets = (0..<3).map { _ in polls.join("q") }
    polls.wake("q", count: 1)
    // Who has been woken does not wait; the others' time would be up much later.
    await polls.wait("q", tickets[0], atMost: .seconds(600))
    // Whoever leaves without having looked passes it on.
    polls.wake("q", count: 1)
    polls.leave("q", tickets[1])
    await polls.wait("q", tickets[2], atMost: .seconds(600))
    polls.leave("q", tickets[0])
    polls.leave("q", tickets[2])
    #expect(polls.resting("q") == 0)
  }

  @Test("Whoever waited in vain waits again, as long") func again() async {
    let polls = LongPolls()
    let ticket = polls.join("q")
    for _ in 0..<2 { await polls.wait("q", ticket, atMost: .milliseconds(1)) }
    let waiting = Task { await polls.wait("q", ticket, atMost: .seconds(600)) }
    while polls.resting("q") == 0 { await Task.yield() }
    polls.wake("q", count: 1)
    await waiting.value
    polls.leave("q", ticket)
    // Nor does the next wait of one whose task was cancelled rest.
    let cancelled = Task {
      let ticket = polls.join("q")
      for await _ in AsyncStream<Never>.makeStream().stream {}
      await polls.wait("q", ticket, atMost: .seconds(600))
      polls.leave("q", ticket)
    }
    cancelled.cancel()
    await cancelled.value
    #expect(polls.resting("q") == 0)
  }

  @Test("A message goes to one who waits, and costs nothing for the others") func waiters() async throws {
    let service = try await QueueTests.queue()
    let store = service.module.messages
    func steps(of waiting: Int) async throws -> Int {
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<waiting {
          group.addTask { try await store.poll(1, from: "q", within: .seconds(600)).count }
        }
        // Whoever rests has looked.
        while store.polls.resting("q") < waiting { await Task.yield() }
        _ = service.storage.takeStepCount()
        _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "x"])
        #expect(try await group.next() == 1)
        let steps = service.storage.takeStepCount()
        group.cancelAll()
        #expect(try await group.reduce(0, +) == 0)
        return steps
      }
    }
    let (few, many) = (try await steps(of: 2), try await steps(of: 40))
    #expect(many <= 2 * few, "\(few) and \(many) steps")
  }

  @Test("One who has gone takes no message; a message that he took comes back as it was") func gone() async throws {
    let service = try await QueueTests.queue(["VisibilityTimeout": "600"])
    let store = service.module.messages
    let waiter = Task { try await store.poll(1, from: "q", within: .seconds(600)) }
    while store.polls.resting("q") == 0 { await Task.yield() }
    waiter.cancel()
    #expect(try await waiter.value == [])
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "x"])
    let taken = try await store.receive(1, from: "q")
    try await service.storage.write { connection throws(ServiceError) in try store.putBack(taken, connection) }
    #expect(try await store.receive(1, from: "q").map(\.receiveCount) == [1])
  }

  @Test("Who waits follows a queue's settings, and the queue that is made anew under its name") func anew() async throws
  {
    let service = try await QueueTests.queue()
    let store = service.module.messages
    _ = try await service("SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "old"])
    _ = try await service("DeleteQueue", ["QueueUrl": .string(QueueTests.url)])
    await #expect(throws: ServiceError.queueDoesNotExist) { try await store.poll(1, from: "q", within: .seconds(600)) }
    _ = try await service("CreateQueue", ["QueueName": "q", "Attributes": ["VisibilityTimeout": "0"]])
    async let found = store.poll(1, from: "q", within: .seconds(600))
    _ = try await service(
      "SendMessage", ["QueueUrl": .string(QueueTests.url), "MessageBody": "new", "DelaySeconds": 1])
    #expect(try await found.map(\.body) == ["new"])
    // The settings are the new queue's: the message can be had again.
    #expect(try await store.receive(1, from: "q").map(\.body) == ["new"])
  }
}
