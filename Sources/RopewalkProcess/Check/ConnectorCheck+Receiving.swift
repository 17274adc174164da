import GoPlugin
import RopewalkConnector
import RopewalkCore

extension ConnectorCheck {
  private func incoming() throws -> (CheckPlan.End, feed: CheckPlan.Peer) {
    guard let end = stage.plan.incoming else { throw CheckOmission("no settings for incoming were given") }
    guard let feed = end.peer else { throw CheckOmission("no feed was given that brings messages to it") }
    return (end, feed)
  }

  func receiving() async throws -> String {
    var source = CheckMessages(marker: marker + "-receive")
    let messages = source.make(100)
    let outcomes = try await receive(messages, into: CheckInbox(.accept))
    let failures = outcomes.compactMap(\.self)
    if let first = failures.first {
      throw CheckFailure("all messages were accepted, and \(failures.count) of their senders were told otherwise; the first: \(first)")
    }
    return "\(messages.count) messages"
  }

  /// Receives each message, and returns what their senders were told.
  private func receive(_ messages: [Message], into inbox: CheckInbox) async throws -> [ConnectionError?] {
    let (end, feed) = try incoming()
    let stage = stage
    let wanted = Set(messages.map(\.payload))
    return try await stage.withOpen(.incoming, end) { _, remote in
      try await stage.withPeer(feed, .outgoing) { feeder in
        try await stage.withReceiving(remote, inbox) {
          guard let outcomes = await withinTime(stage.plan.patience, { await stage.sendAll(messages, over: feeder, to: inbox) }) else {
            throw CheckFailure("senders had no answer within \(stage.plan.patience), although the host had given its own")
          }
          // Whom it told that the message is not taken keeps it.
          let taken = Set(zip(messages, outcomes).filter { $0.1 == nil }.map(\.0.payload))
          guard await inbox.wait(stage.plan.patience, until: { taken.isSubset(of: $0.accepted) }) else {
            throw CheckFailure("\(taken.subtracting(inbox.accepted).count) of \(wanted.count) messages never came")
          }
          return outcomes
        }
      }
    }
  }

  func withoutRoom() async throws -> String {
    var source = CheckMessages(marker: marker + "-room")
    let messages = source.make(20)
    let inbox = CheckInbox(.refuseOnce)
    let outcomes = try await receive(messages, into: inbox)
    let told = outcomes.compactMap(\.self)
    if let final = told.first(where: { !$0.recoverable }) {
      throw CheckFailure("the host had no room for a moment, and a sender was told that the message can never be taken: \(final)")
    }
    guard !told.isEmpty || inbox.offered.count >= 2 * messages.count else {
      throw CheckFailure("the host's refusal was neither passed on to the sender nor was the message offered again")
    }
    return told.isEmpty ? "each was offered again" : "\(told.count) of \(messages.count) senders were told to come again"
  }

  func redelivery() async throws -> String {
    let (end, feed) = try incoming()
    var source = CheckMessages(marker: marker + "-again")
    let messages = source.make(20)
    let parked = CheckInbox(.park)
    let stage = stage
    return try await stage.withPeer(feed, .outgoing) { feeder in
      let outcomes = try await self.killWhileParked(end, messages, parked, feeder)
      let kept = Set(zip(messages, outcomes).filter { $0.1 == nil }.map(\.0.payload))
      guard !kept.isEmpty else { return "all \(messages.count) senders were told that their message was not taken" }
      let inbox = CheckInbox(.accept)
      return try await stage.withOpen(.incoming, end) { _, remote in
        try await stage.withReceiving(remote, inbox) {
          guard await inbox.wait(stage.plan.patience, until: { kept.isSubset(of: $0.accepted) }) else {
            throw CheckFailure(
              "\(kept.subtracting(inbox.accepted).count) of \(kept.count) messages are lost: no receipt, and they never came again"
            )
          }
          return "\(kept.count) of \(messages.count) came again, the senders of the others know"
        }
      }
    }
  }

  /// Offers messages to a host that does not answer, kills the connector, and returns what the senders were told.
  private func killWhileParked(
    _ end: CheckPlan.End,
    _ messages: [Message],
    _ inbox: CheckInbox,
    _ feeder: any ConnectionNode
  ) async throws -> [ConnectionError?] {
    let stage = stage
    return try await stage.withConnector(.incoming) { plugin, remote in
      try await stage.noting { try await remote.connect(stage.configuration(end.settings, for: remote.metadata, .incoming)) }
      return try await withThrowingTaskGroup(of: [ConnectionError?]?.self) { group in
        group.addTask {
          try? await remote.receive(into: inbox.inbox)
          return nil
        }
        group.addTask { await stage.sendAll(messages, over: feeder, to: inbox) }
        let hasOne = await inbox.wait(stage.plan.patience) { !$0.offered.isEmpty }
        inbox.close()
        await plugin.kill()
        guard hasOne else { throw CheckFailure("no message came within \(stage.plan.patience)") }
        defer { group.cancelAll() }
        while let outcomes = try await group.next() {
          if let outcomes { return outcomes }
        }
        return []
      }
    }
  }

  func stopReceiving() async throws -> String {
    let (end, feed) = try incoming()
    var source = CheckMessages(marker: marker + "-stop-receiving")
    let message = source.make(1)[0]
    let stage = stage
    return try await stage.withOpen(.incoming, end) { _, remote in
      try await stage.withPeer(feed, .outgoing) { feeder in
        let waited = try await stopReceiving(remote) { inbox in
          async let outcomes = stage.sendAll([message], over: feeder, to: inbox)
          guard await inbox.wait(stage.plan.patience, until: { $0.accepted.contains(message.payload) }) else {
            throw CheckFailure("no message came within \(stage.plan.patience)")
          }
          _ = await outcomes
        }
        guard waited < .seconds(5) else { throw CheckFailure("it took \(waited.milliseconds); Receive must heed its context") }
        return "within \(waited.milliseconds)"
      }
    }
  }

  /// Receives until `isUnderWay` returns, then stops, and returns how long that took.
  private func stopReceiving(
    _ remote: RemoteConnector,
    once isUnderWay: (CheckInbox) async throws -> Void
  ) async throws -> Duration {
    let clock = ContinuousClock()
    let inbox = CheckInbox(.accept)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do throws(ConnectionError) {
          try await remote.receive(into: inbox.inbox)
        } catch {
          guard Task.isCancelled else { throw CheckFailure("receiving ended before it was to stop: \(error)") }
        }
      }
      try await isUnderWay(inbox)
      let begin = clock.now
      group.cancelAll()
      try await group.waitForAll()
      return clock.now - begin
    }
  }
}
