import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkNATS

/// A destination is removed from the file while messages are on their way to it.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct GoneDestinationTests {
  private static let large = 300 << 10

  private static var limits: NodeLimits {
    var limits = NodeLimits()
    limits.acknowledgementWait = .milliseconds(500)
    limits.forsakenAfter = .milliseconds(400)
    limits.forsakenCheck = .milliseconds(50)
    return limits
  }

  /// Accepts messages for `a` and `b`, and passes them on to both.
  private static func passOn(_ count: Int, _ server: NATSServer, in audit: JetStreamJournal) async throws {
    for number in 0..<count {
      var entry = Cluster.entry("m\(number)2")
      entry.destinations = ["a", "b"]
      if number == 0 { entry.message.payload = [UInt8](repeating: 7, count: large) }
      _ = try await audit.append([entry])
    }
    let logic = try await Cluster.logic(server, ["a", "b"])
    try await withThrowingTaskGroup { group in
      group.addTask { try await logic.run.run() }
      try await eventually { try await audit.jetStream.state(of: audit.names.steps).messages >= count * 2 }
      logic.run.drain()
      try await group.waitForAll()
    }
    logic.journal.close()
  }

  @Test(arguments: [1, 2])
  func whatWaitsForItGoesToTheDeadLetters(nodes: Int) async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      defer { audit.close() }
      try await Self.passOn(5, server, in: audit)
      // A node took one of them, and was stopped together with its destination.
      let desk = StepDesk(audit, integration: "orders", step: .outgoing(destination: "b"), limits: Self.limits, logger: .quiet)
      let taken = try await PullConsumer(audit.jetStream, stream: desk.consumer.stream, desk.consumer.configuration, window: 1)
      #expect(try await taken.next(upTo: 1).count == 1)
      taken.close()
      let sink = Recorder()
      try await withThrowingTaskGroup { group in
        var parts = [try await Cluster.outgoing(server, to: "a", sink)]
        for _ in 0..<nodes { parts.append(try await Cluster.logic(server, ["a"], Self.limits)) }
        for part in parts { group.addTask { try await part.run.run() } }
        try await Cluster.waitUntilSettled(audit, accepted: 10)
        try await eventually { try await audit.jetStream.info(ofConsumer: "to-orders-b", of: audit.names.steps) == nil }
        try await Cluster.waitUntilEmpty(audit)
        for part in parts { part.run.drain() }
        try await group.waitForAll()
        for part in parts { part.journal.close() }
      }
      #expect(sink.ids.count == 5)
      let letters = try await audit.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 100)
      #expect(letters.map(\.messageID).sorted() == (0..<5).map { "m\($0)2" })
      #expect(letters.allSatisfy { $0.code == "delivery.destination.gone" && $0.destinations == ["b"] && $0.stage == "delivery" })
      // As it would have been delivered, and as it came.
      for letter in letters {
        #expect(letter.payload == Array("converted ".utf8) + letter.originalPayload)
        #expect(letter.originalPayload.count == (letter.messageID == "m02" ? Self.large : 1))
      }
      #expect(try await audit.ledger().allSatisfy { $0.balances && $0.deadLettered == 5 && $0.delivered == 5 })
    }
  }

  /// A node that has the destination is there, and has no room for more: its destination is down.
  @Test func whatAnotherNodeStillWorksOnIsLeftAlone() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      defer { audit.close() }
      try await Self.passOn(20, server, in: audit)
      var limits = Self.limits
      (limits.window, limits.maxParked) = (4, 3)
      // Long enough for a busy machine to show in it that the node is there.
      limits.forsakenAfter = .seconds(2)
      let gate = Gate()
      let arrived = Atomic(0)
      let stuck = FaultInjectingConnection { (_, _) throws(ConnectionError) in
        arrived.add(1, ordering: .relaxed)
        await gate.wait()
      }
      try await withThrowingTaskGroup { group in
        let parts = [
          try await Cluster.outgoing(server, to: "b", stuck, limits), try await Cluster.outgoing(server, to: "a", Recorder(), limits),
        ]
        for part in parts { group.addTask { try await part.run.run() } }
        try await eventually { arrived.load(ordering: .relaxed) >= 2 }
        let logic = try await Cluster.logic(server, ["a"], limits)
        group.addTask { try await logic.run.run() }
        // Some times the grace.
        let end = ContinuousClock.now + limits.forsakenAfter * 3
        while end > .now {
          #expect(try await audit.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 1).isEmpty)
          try await Task.sleep(for: .milliseconds(50))
        }
        gate.open()
        try await Cluster.waitUntilSettled(audit, accepted: 40)
        for part in parts + [logic] { part.run.drain() }
        try await group.waitForAll()
        for part in parts + [logic] { part.journal.close() }
      }
      #expect(try await audit.ledger().allSatisfy { $0.deadLettered == 0 && $0.delivered == 40 })
    }
  }
}
