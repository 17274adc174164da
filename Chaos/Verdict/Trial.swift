import RopewalkCore
import Subprocess
import Synchronization

/// One host under load with senders in front and a sink behind, from the first message to the verdict.
struct Trial: Sendable {
  let host: Host
  let senders: Senders
  let sink: Sink
  /// What the fault counts.
  let tally = Tally()

  init(host: Host, customers: Int = 8, sendersPerCustomer: Int = 4, pace: Duration = .milliseconds(2), seed: UInt64) {
    self.host = host
    self.senders = Senders(
      url: host.url,
      customers: customers,
      sendersPerCustomer: sendersPerCustomer,
      pace: pace,
      fates: host.fates,
      seed: seed
    )
    self.sink = Sink(port: host.sinkPort, seed: seed &+ 1_000_003)
  }

  /// Keeps the traffic up while `fault` does its worst to the host, then lets a host finish the rest, and judges.
  /// - Throws: what kept it from going on, or that it was not over after `limit`.
  func run(limit: Duration, _ fault: @Sendable @escaping () async throws -> Void) async throws -> Verdict {
    try await withThrowingTaskGroup(of: Void.self) { servers in
      let (ready, isReady) = AsyncStream<Void>.makeStream()
      servers.addTask { try await sink.run { isReady.finish() } }
      for await _ in ready {}
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await senders.run() }
        group.addTask {
          try await Task.sleep(for: limit)
          throw Failure("it was not over after \(limit.components.seconds) seconds; see \(host.folder)/ropewalk.log")
        }
        group.addTask {
          try await fault()
          senders.stop()
          try await finish()
        }
        // The senders and the fault; what is left then watches the time.
        for _ in 0..<2 { try await group.next() }
        group.cancelAll()
      }
      servers.cancelAll()
      return try await judge()
    }
  }

  /// A host that is left alone until nothing is in flight and no sender waits for an answer.
  private func finish() async throws {
    let status = try await host.run { running in
      try await host.waitUntilReady()
      let deadline = ContinuousClock.now + .seconds(120)
      var settled = 0
      // Senders that still try have a message on their way: nothing in flight must be seen twice with a pause between.
      while settled < 3 {
        try await Task.sleep(for: .milliseconds(300))
        settled = try await host.audit().inFlight == 0 ? settled + 1 : 0
        guard ContinuousClock.now < deadline else {
          throw Failure("messages are still in flight after two minutes; see \(host.folder)/ropewalk.log")
        }
      }
      try running.terminate()
    }
    guard case .exited(0) = status else {
      throw Failure("the host did not end well when left alone: \(status); see \(host.folder)/ropewalk.log")
    }
  }

  private func judge() async throws -> Verdict {
    var destinations: [String: Set<String>] = [:]
    var codes: [String: Int] = [:]
    for letter in try await host.deadLetters() {
      codes[letter["code"]?.string ?? "", default: 0] += 1
      let names = letter["destinations"]?.array?.compactMap(\.string) ?? []
      destinations[letter["messageID"]?.string ?? "", default: []].formUnion(names)
    }
    var verdict = Verdict(
      messages: senders.acceptedMessages,
      deliveries: try host.filedDeliveries() ?? sink.deliveries,
      letters: destinations,
      audit: try await host.audit()
    )
    verdict.breaches += sink.damages
    verdict.breaches += try host.strayPayloads()
    verdict.failedRequests = senders.failedRequests
    verdict.counts = tally.counts + codes.sorted { $0.key < $1.key }.map { ("dead letters, \($0.key)", $0.value) }
    if let pieces = try await host.payloadPieces() { verdict.counts.append(("pieces of large payloads kept", pieces)) }
    verdict.ledger = try await host.auditTable()
    return verdict
  }
}

/// What a fault counts, for the table at the end.
final class Tally: Sendable {
  private let rows = Mutex<[(name: String, count: Int)]>([])

  var counts: [(name: String, count: Int)] { rows.withLock { $0 } }

  func add(_ count: Int, to name: String) {
    rows.withLock { rows in
      if let place = rows.firstIndex(where: { $0.name == name }) { rows[place].count += count } else { rows.append((name, count)) }
    }
  }
}
