import RopewalkConnector
import RopewalkCore

extension ConnectorCheck {
  /// Connects the connector for sending, and receives at the sink meanwhile where there is one: `body` is given what came.
  private func withSending<Result: Sendable>(
    _ body: @escaping @Sendable (RemoteConnector, CheckInbox?) async throws -> Result
  ) async throws -> Result {
    guard let end = stage.plan.outgoing else { throw CheckOmission("no settings for outgoing were given") }
    let stage = stage
    return try await stage.withOpen(.outgoing, end) { _, remote in
      guard let peer = end.peer else { return try await body(remote, nil) }
      let inbox = CheckInbox(.accept)
      return try await stage.withPeer(peer, .incoming) { sink in
        try await stage.withReceiving(sink, inbox) { try await body(remote, inbox) }
      }
    }
  }

  func sending() async throws -> String {
    var source = CheckMessages(marker: marker + "-send")
    return try await send(source.make(20))
  }

  func concurrent() async throws -> String {
    var source = CheckMessages(marker: marker + "-concurrent")
    return try await send(source.make(2000))
  }

  /// Sends at once, and looks for the messages at the sink where there is one.
  private func send(_ messages: [Message]) async throws -> String {
    let stage = stage
    return try await withSending { remote, inbox in
      try await sendAll(messages, over: remote)
      guard let inbox else { return "\(messages.count) messages; no sink was given to see them at" }
      let wanted = Set(messages.map(\.payload))
      guard await inbox.wait(stage.plan.patience, until: { wanted.isSubset(of: $0.accepted) }) else {
        let missing = wanted.subtracting(inbox.accepted).count
        throw CheckFailure("\(missing) of \(messages.count) messages that it calls delivered never came to the sink")
      }
      return "\(messages.count) messages"
    }
  }

  /// Sends at once, and again what a full destination has refused, as a pipeline would.
  private func sendAll(_ messages: [Message], over remote: RemoteConnector) async throws {
    let stage = stage
    let patience = stage.plan.patience
    let deadline = ContinuousClock.now + patience
    var open = messages
    while true {
      guard let outcomes = await withinTime(patience, { [open] in await stage.sendAll(open, over: remote) }) else {
        throw CheckFailure("\(open.count) messages had not all an outcome within \(patience)")
      }
      let failed = zip(open, outcomes).compactMap { message, error in error.map { (message: message, error: $0) } }
      guard let first = failed.first else { return }
      guard failed.allSatisfy({ $0.error.code == .rateLimited && $0.error.recoverable }), ContinuousClock.now < deadline else {
        throw CheckFailure("\(failed.count) of \(messages.count) messages failed; the first: \(first.error)")
      }
      open = failed.map(\.message)
      try await Task.sleep(for: failed.compactMap(\.error.retryAfter).max() ?? .milliseconds(50))
    }
  }

  func large() async throws -> String {
    var source = CheckMessages(marker: marker + "-large")
    let message = source.make(1, size: 5 << 20)[0]
    let stage = stage
    return try await withSending { remote, _ in
      guard let outcome = await withinTime(stage.plan.patience, { await stage.sendAll([message], over: remote) }) else {
        throw CheckFailure("no outcome within \(stage.plan.patience)")
      }
      guard let error = outcome[0] else { return "delivered" }
      guard !error.recoverable else {
        throw CheckFailure(
          "it fails as recoverable, and would be tried again for ever: \(error); raise gRPC's limits, or refuse it for good"
        )
      }
      return "refused for good: \(error.code)"
    }
  }

  func cancelling() async throws -> String {
    var source = CheckMessages(marker: marker + "-cancel")
    let (given, after) = (source.make(50), source.make(1))
    return try await withSending { remote, _ in
      var (count, waited, rounds) = (0, Duration.zero, 0)
      // Outcomes that come all at once leave nothing to give up, and what is given up may not have reached the connector yet;
      // another time it is otherwise.
      for _ in 0..<20 where rounds < 5 {
        let (givenUp, duration) = try await giveUp(given, over: remote)
        guard duration < .seconds(5) else { throw CheckFailure("giving up took \(duration.milliseconds)") }
        (count, waited) = (count + givenUp, max(waited, duration))
        if givenUp > 0 { rounds += 1 }
      }
      try await sendAll(after, over: remote)
      guard count > 0 else { throw CheckOmission("each message had its outcome before it could be given up") }
      return "\(count) given up within \(waited.milliseconds), and the next is delivered"
    }
  }

  /// Sends each message again and again, gives all of them up once one has had its outcome, because the others are with the
  /// connector then, and returns how many had none and how long that took.
  private func giveUp(_ messages: [Message], over remote: RemoteConnector) async throws -> (count: Int, Duration) {
    let stage = stage
    let clock = ContinuousClock()
    let (outcomes, outcome) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      for message in messages {
        group.addTask {
          while !Task.isCancelled {
            if await stage.sendAll([message], over: remote)[0]?.code == .cancelled { return true }
            outcome.yield()
          }
          return false
        }
      }
      guard await withinTime(stage.plan.patience, { await outcomes.contains { _ in true } }) == true else {
        throw CheckFailure("no message had an outcome within \(stage.plan.patience)")
      }
      let begin = clock.now
      group.cancelAll()
      let count = try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      return (count, clock.now - begin)
    }
  }
}
