import RopewalkConnector
import RopewalkCore

extension ConnectorCheck {
  private func outgoing() throws -> CheckPlan.End {
    guard let end = stage.plan.outgoing else { throw CheckOmission("no settings for outgoing were given") }
    return end
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
    let end = try outgoing()
    let stage = stage
    return try await stage.withOpen(.outgoing, end) { _, remote in
      guard let peer = end.peer else {
        try await sendAll(messages, over: remote)
        return "\(messages.count) messages; no sink was given to see them at"
      }
      return try await stage.withPeer(peer, .incoming) { sink in
        let inbox = CheckInbox(.accept)
        let wanted = Set(messages.map(\.payload))
        return try await stage.withReceiving(sink, inbox) {
          try await sendAll(messages, over: remote)
          guard await inbox.wait(stage.plan.patience, until: { wanted.isSubset(of: $0.accepted) }) else {
            let missing = wanted.subtracting(inbox.accepted).count
            throw CheckFailure("\(missing) of \(messages.count) messages that it calls delivered never came to the sink")
          }
          return "\(messages.count) messages"
        }
      }
    }
  }

  private func sendAll(_ messages: [Message], over remote: RemoteConnector) async throws {
    let stage = stage
    guard let outcomes = await withinTime(stage.plan.patience, { await stage.sendAll(messages, over: remote) }) else {
      throw CheckFailure("\(messages.count) messages had not all an outcome within \(stage.plan.patience)")
    }
    let failures = outcomes.compactMap(\.self)
    guard let first = failures.first else { return }
    throw CheckFailure("\(failures.count) of \(messages.count) messages failed; the first: \(first)")
  }

  func large() async throws -> String {
    var source = CheckMessages(marker: marker + "-large")
    let message = source.make(1, size: 5 << 20)[0]
    let stage = stage
    return try await stage.withOpen(.outgoing, try outgoing()) { _, remote in
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
    let stage = stage
    return try await stage.withOpen(.outgoing, try outgoing()) { _, remote in
      let clock = ContinuousClock()
      let begin = clock.now
      await withTaskGroup(of: Void.self) { group in
        group.addTask { _ = await stage.sendAll(given, over: remote) }
        group.cancelAll()
      }
      let waited = clock.now - begin
      guard waited < .seconds(5) else { throw CheckFailure("giving up took \(waited.milliseconds)") }
      try await sendAll(after, over: remote)
      return "50 given up within \(waited.milliseconds), and the next is delivered"
    }
  }
}
