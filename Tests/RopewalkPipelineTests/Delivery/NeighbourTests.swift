import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkResources
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

/// Whatever a destination does to one, the others wait at most 1.5 times as long as they do alone.
@Suite(.takesTurns) struct NeighbourTests {
  /// How long there are messages, and faults.
  private static let duration: Duration = .seconds(180)
  private static let neighbours = ["left", "right"]
  /// Each neighbour's.
  private static let count = 360

  /// Only one customer's messages meet the fault, others' go to the same destination. Not `downForAnHour`: who cannot be
  /// reached cannot be reached for anyone.
  @Test(arguments: DestinationFault.allCases.filter { $0 != .downForAnHour })
  func aFaultOfOneCustomersMessages(fault: DestinationFault) async throws {
    let clock = VirtualClock(autoAdvances: true)
    let node = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      if message.metadata.customerID == "acme", clock.now.offset < Self.duration { try await fault.strike(on: clock) }
      try await Self.answer(message, on: clock)
    }
    try await expectNoDelay(at: node, [target(node, "a")], clock)
  }

  /// All messages of all meet the fault at one destination, and go to another one besides.
  @Test(arguments: DestinationFault.allCases) func aFaultOfAnotherDestination(fault: DestinationFault) async throws {
    let clock = VirtualClock(autoAdvances: true)
    let faulty = FaultInjectingConnection(clock: clock) { (_, _) throws(ConnectionError) in
      if clock.now.offset < Self.duration { try await fault.strike(on: clock) }
    }
    let healthy = FaultInjectingConnection(clock: clock) { (message, _) throws(ConnectionError) in
      try await Self.answer(message, on: clock)
    }
    try await expectNoDelay(at: healthy, [target(faulty, "faulty"), target(healthy, "healthy")], clock)
  }

  /// - Parameter node: where the neighbours are to wait for nothing.
  private func expectNoDelay(at node: FaultInjectingConnection, _ targets: [Harness.Target], _ clock: VirtualClock) async throws {
    let beside = try await percentile(at: node, targets, clock, withAcme: true)
    let quiet = VirtualClock(autoAdvances: true)
    let answering = FaultInjectingConnection(clock: quiet) { (message, _) throws(ConnectionError) in
      try await Self.answer(message, on: quiet)
    }
    let alone = try await percentile(at: answering, [target(answering, "a")], quiet, withAcme: false)
    #expect(alone == .milliseconds(14))
    #expect(beside <= alone * 1.5)
  }

  /// How long 99 of 100 of the neighbours' messages took from accepted to delivered, at most.
  private func percentile(
    at node: FaultInjectingConnection,
    _ targets: [Harness.Target],
    _ clock: VirtualClock,
    withAcme: Bool
  ) async throws -> Duration {
    let accepted = Collected<(id: String, time: Duration)>()
    var sources = Self.neighbours.enumerated().map { number, name in
      source(name, Self.count, every: .milliseconds(500), after: .milliseconds(130 * number), clock, accepted)
    }
    if withAcme { sources.append(source("acme", 4 * 180, every: .milliseconds(250), clock, Collected())) }
    try await Harness(clock: clock, sources: sources, destinations: targets).runToTheEnd()
    let times = Dictionary(uniqueKeysWithValues: accepted.all.map { ($0.id, $0.time) })
    let latencies = node.attempts.compactMap { attempt in times[attempt.message.id].map { attempt.end - $0 } }.sorted()
    // Each once.
    try #require(latencies.count == Self.neighbours.count * Self.count)
    return latencies[latencies.count * 99 / 100 - 1]
  }

  private func source(
    _ customer: String,
    _ count: Int,
    every pause: Duration,
    after start: Duration = .zero,
    _ clock: VirtualClock,
    _ accepted: Collected<(id: String, time: Duration)>
  ) -> FaultInjectingConnection {
    FaultInjectingConnection(
      clock: clock,
      onReceive: { (inbox) throws(ConnectionError) in
        clock.beginWork()
        try? await clock.sleep(for: start)
        for number in 0..<count {
          let message = message("\(customer)-\(number)", customer: customer)
          if await inbox.accept(message) == .accepted { accepted.append(contentsOf: [(message.id, clock.now.offset)]) }
          try? await clock.sleep(for: pause)
        }
        clock.endWork()
      }
    )
  }

  /// 5 to 14 ms.
  private static func answer(_ message: Message, on clock: VirtualClock) async throws(ConnectionError) {
    let number = Int(message.id.split(separator: "-")[1]) ?? 0
    try await clock.wait(.milliseconds(5 + number % 10))
  }

  private func target(_ node: FaultInjectingConnection, _ name: String) -> Harness.Target {
    .init(name: name, node: node, maxInFlight: 16, timeout: .seconds(10), circuitBreaker: CircuitBreakerPolicy())
  }
}
