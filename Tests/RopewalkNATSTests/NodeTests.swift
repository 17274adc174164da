import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkPlugins
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkNATS

/// Nodes of a cluster as they are in processes of their own: each with its own connection, which is all they share with others.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(600)))
struct NodeTests {
  private static let destinations = ["a", "b"]

  @Test func messagesGoThroughAllRoles() async throws {
    try await NATSServer.run { server in
      let (sinkA, sinkB) = (Recorder(), Recorder())
      let audit = try await Cluster.journal(server)
      try await withThrowingTaskGroup { group in
        let nodes = [
          try await Cluster.incoming(server, count: 200, Self.destinations),
          try await Cluster.logic(server, Self.destinations),
          try await Cluster.outgoing(server, to: "a", sinkA),
          try await Cluster.outgoing(server, to: "b", sinkB),
        ]
        for node in nodes { group.addTask { try await node.run.run() } }
        try await Cluster.waitUntilSettled(audit, accepted: 400)
        try await Cluster.waitUntilEmpty(audit)
        for node in nodes { node.run.drain() }
        try await group.waitForAll()
        for node in nodes { node.journal.close() }
      }
      let ledger = try await audit.ledger()
      #expect(ledger.map(\.customerID) == ["c0", "c1", "c2"])
      #expect(ledger.allSatisfy { $0.balances })
      // Every tenth is filtered, every tenth fails.
      #expect(ledger.map(\.filtered).reduce(0, +) == 40)
      #expect(ledger.map(\.deadLettered).reduce(0, +) == 40)
      #expect(ledger.map(\.delivered).reduce(0, +) == 320)
      #expect(Set(sinkA.ids).count == 160 && sinkA.ids.count == 160 && sinkB.ids.count == 160)
      #expect(sinkA.payloads == Set((0..<200).filter { $0 % 10 > 1 }.map { "converted m\($0)" }))
      let letters = try await audit.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 100)
      #expect(letters.count == 20)
      #expect(letters.allSatisfy { $0.destinations.sorted() == Self.destinations && $0.stage == "convert" && $0.source == "in" })
      try await Cluster.waitUntilEmpty(audit)
      audit.close()
    }
  }

  /// Of two nodes of each role, one is cut off under load: every accepted message ends once in the ledger.
  @Test func cutOffNodesLoseNothing() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let sink = Recorder()
      let audit = try await Cluster.journal(server)
      let count = 1500
      try await withThrowingTaskGroup { group in
        var limits = NodeLimits()
        limits.acknowledgementWait = .seconds(2)
        let incoming = try await Cluster.incoming(server, count: count, ["a"])
        let survivors = [
          try await Cluster.logic(server, ["a"], limits), try await Cluster.outgoing(server, to: "a", sink, limits),
        ]
        let victims = [try await Cluster.logic(server, ["a"], limits), try await Cluster.outgoing(server, to: "a", sink, limits)]
        for node in [incoming] + survivors { group.addTask { try await node.run.run() } }
        for node in victims { group.addTask { _ = try? await node.run.run() } }
        try await eventually { sink.ids.count >= count / 4 }
        // Nothing that they say is heard any more.
        for node in victims { node.journal.close() }
        try await Cluster.waitUntilSettled(audit, accepted: count)
        try await Cluster.waitUntilEmpty(audit)
        for node in [incoming] + survivors + victims { node.run.drain() }
        group.cancelAll()
        while let result = await group.nextResult() { _ = result }
        for node in [incoming] + survivors { node.journal.close() }
      }
      let ledger = try await audit.ledger()
      #expect(ledger.allSatisfy { $0.balances && $0.inFlight == 0 })
      #expect(ledger.map(\.accepted).reduce(0, +) == count)
      #expect(ledger.map(\.delivered).reduce(0, +) == count * 8 / 10)
      let delivered = sink.ids
      #expect(Set(delivered).count == count * 8 / 10)
      print("cut off nodes: \(delivered.count - Set(delivered).count) duplicates of \(count) messages")
      try await Cluster.waitUntilEmpty(audit)
      audit.close()
    }
  }

  @Test func replaysGoOnWithTheirStage() async throws {
    try await NATSServer.run { server in
      let sink = Recorder()
      let audit = try await Cluster.journal(server)
      try await withThrowingTaskGroup { group in
        let nodes = [
          try await Cluster.incoming(server, count: 2, ["a"]),
          try await Cluster.logic(server, ["a"]),
          try await Cluster.outgoing(server, to: "a", sink),
        ]
        for node in nodes { group.addTask { try await node.run.run() } }
        try await Cluster.waitUntilSettled(audit, accepted: 2)
        let letter = try #require(try await audit.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).first)
        #expect(letter.messageID == "m1" && letter.stage == "convert")
        var entry = JournalEntry(
          message: Message(id: "m1", payload: letter.payload, metadata: MessageMetadata(customerID: "c1", integrationID: "orders")),
          destinations: ["a"]
        )
        // Past the step that failed.
        entry.replay = Replay(letterID: letter.id, stage: DeadLetter.deliveryStage)
        guard case .accepted = try await audit.append([entry]).first else { return #expect(Bool(false)) }
        #expect(try await audit.append([entry]) == [.duplicate])
        try await Cluster.waitUntilSettled(audit, accepted: 3)
        for node in nodes { node.run.drain() }
        try await group.waitForAll()
        for node in nodes { node.journal.close() }
      }
      #expect(sink.payloads == ["m1"])
      #expect(try await audit.deadLetters(matching: DeadLetterQuery(state: .replayed), after: nil, limit: 10).count == 1)
      let ledger = try await audit.ledger()
      #expect(ledger.map(\.delivered).reduce(0, +) == 1)
      #expect(ledger.map(\.deadLettered).reduce(0, +) == 1)
      audit.close()
    }
  }

  /// The flood of one customer stands in front of another's messages in the stream, and in front of a destination that takes
  /// none of it: the other's messages come all the same, and the flood in its order afterwards.
  @Test func aFloodOfOneCustomerDelaysNoOther() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      func entries(_ customer: String, _ count: Int) -> [JournalEntry] {
        (0..<count).map { number in
          let metadata = MessageMetadata(customerID: customer, integrationID: "orders")
          return JournalEntry(message: Message(id: "\(customer)-\(number)x", payload: [7], metadata: metadata), destinations: ["a"])
        }
      }
      for entry in entries("flood", 300) + entries("quiet", 5) { _ = try await audit.append([entry]) }
      var limits = NodeLimits()
      limits.window = 20
      limits.acknowledgementWait = .seconds(2)
      let arrived = Atomic(0)
      let sink = FaultInjectingConnection { (message, _) throws(ConnectionError) in
        if message.metadata.customerID == "quiet" { arrived.add(1, ordering: .relaxed) }
        // Only the quiet ones let the flood go on.
        while arrived.load(ordering: .relaxed) < 5, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(5)) }
      }
      let step = FaultInjectingLogic()
      try await withThrowingTaskGroup { group in
        let nodes = [
          try await Cluster.logic(server, ["a"], limits, step: step), try await Cluster.outgoing(server, to: "a", sink, limits),
        ]
        for node in nodes { group.addTask { try await node.run.run() } }
        try await Cluster.waitUntilSettled(audit, accepted: 305)
        for node in nodes { node.run.drain() }
        try await group.waitForAll()
        for node in nodes { node.journal.close() }
      }
      #expect(step.seen.map(\.id).filter { $0.hasPrefix("flood") } == (0..<300).map { "flood-\($0)x" })
      #expect(Set(sink.delivered.map(\.id)).count == 305)
      audit.close()
    }
  }

  /// What a node holds is said to be in progress, so a step may take longer than the wait for its acknowledgement.
  @Test func aLongStepRunsOnce() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      _ = try await audit.append([Cluster.entry("long x")])
      var limits = NodeLimits()
      limits.acknowledgementWait = .seconds(1)
      let step = FaultInjectingLogic { (_, _) throws(LogicError) in
        try? await Task.sleep(for: .milliseconds(2500))
        return .pass
      }
      let sink = Recorder()
      try await withThrowingTaskGroup { group in
        let nodes = [
          try await Cluster.logic(server, ["a"], limits, step: step), try await Cluster.logic(server, ["a"], limits, step: step),
          try await Cluster.outgoing(server, to: "a", sink, limits),
        ]
        for node in nodes { group.addTask { try await node.run.run() } }
        try await Cluster.waitUntilSettled(audit, accepted: 1)
        for node in nodes { node.run.drain() }
        try await group.waitForAll()
        for node in nodes { node.journal.close() }
      }
      #expect(step.seen.count == 1)
      #expect(sink.ids == ["long x"])
      let consumer = try await audit.jetStream.ask("CONSUMER.INFO.\(audit.names.accepted).logic-orders")
      #expect(consumer["delivered"]?["consumer_seq"] == 1 && consumer["num_redelivered"] == 0, "\(consumer.text())")
      audit.close()
    }
  }

  @Test func nodesOfARoleShareItsWorkWhoeverComesAndGoes() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      var limits = NodeLimits()
      limits.window = 8
      limits.acknowledgementWait = .seconds(2)
      let sinks = [Recorder(), Recorder(), Recorder()]
      var sent = 0
      /// Messages keep coming until these have got ten more each.
      func send(until places: [Int]) async throws {
        let goals = places.map { (place: $0, count: sinks[$0].ids.count + 10) }
        while goals.contains(where: { sinks[$0.place].ids.count < $0.count }) {
          _ = try await audit.append((0..<10).map { Cluster.entry("\(sent + $0)x") })
          sent += 10
          try await Task.sleep(for: .milliseconds(20))
        }
      }
      try await withThrowingTaskGroup { group in
        let logic = try await Cluster.logic(server, ["a"], limits)
        var outgoing = [
          try await Cluster.outgoing(server, to: "a", sinks[0], limits), try await Cluster.outgoing(server, to: "a", sinks[1], limits),
        ]
        for node in [logic, outgoing[1]] { group.addTask { try await node.run.run() } }
        group.addTask { [first = outgoing[0]] in _ = try? await first.run.run() }
        try await send(until: [0, 1])
        // One joins in the midst of it.
        outgoing.append(try await Cluster.outgoing(server, to: "a", sinks[2], limits))
        group.addTask { [third = outgoing[2]] in try await third.run.run() }
        try await send(until: [2])
        // One is heard of no more, and the others go on.
        outgoing[0].journal.close()
        try await send(until: [1, 2])
        try await Cluster.waitUntilSettled(audit, accepted: sent)
        for node in [logic] + outgoing { node.run.drain() }
        group.cancelAll()
        while let result = await group.nextResult() { _ = result }
        for node in [logic] + outgoing { node.journal.close() }
      }
      #expect(Set(sinks.flatMap(\.ids)).count == sent)
      audit.close()
    }
  }

  @Test func aMessageWhosePayloadWasPurgedIsADeadLetter() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      var large = Cluster.entry("m2")
      large.message.payload = [UInt8](repeating: 7, count: 300 << 10)
      _ = try await audit.append([large])
      try await audit.jetStream.purge(audit.names.bodies, subject: audit.names.bodiesSubjects[0])
      let entries = try await audit.unsettled(in: .accepted(integration: "orders", customer: "c"), after: nil, limit: 10)
      #expect(entries.count == 1 && entries.first?.damage?.contains("purged") == true)
      _ = try await audit.append([Cluster.entry("m3")])
      let sink = Recorder()
      let (logic, outgoing) = (try await Cluster.logic(server, ["a"]), try await Cluster.outgoing(server, to: "a", sink))
      try await withThrowingTaskGroup { group in
        for node in [logic, outgoing] { group.addTask { try await node.run.run() } }
        try await Cluster.waitUntilSettled(audit, accepted: 2)
        for node in [logic, outgoing] { node.run.drain() }
        try await group.waitForAll()
      }
      #expect(sink.ids == ["m3"])
      let letters = try await audit.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
      #expect(letters.map(\.messageID) == ["m2"] && letters.map(\.code) == ["delivery.payload.unreadable"])
      #expect(letters.first?.damage?.contains("--payload") == true)
      for node in [logic, outgoing] { node.journal.close() }
      audit.close()
    }
  }

  @Test func nodeThatDiesOfAMessageGivesItUp() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      _ = try await audit.append([Cluster.entry("m1")])
      var limits = NodeLimits()
      limits.maxDeliveries = 3
      limits.acknowledgementWait = .milliseconds(200)
      // Takes it and falls silent, again and again.
      for _ in 0..<limits.maxDeliveries {
        let journal = try await Cluster.journal(server)
        let desk = StepDesk(journal, integration: "orders", step: .logic(destinations: ["a"]), limits: limits, logger: .quiet)
        let consumer = try await PullConsumer(journal.jetStream, stream: desk.consumer.stream, desk.consumer.configuration, window: 1)
        let delivered = try #require(try await consumer.next(upTo: 1).first)
        let entry = try await desk.prepare(delivered)
        #expect(entry?.message.id == "m1")
        journal.close()
      }
      let node = try await Cluster.logic(server, ["a"], limits)
      try await withThrowingTaskGroup { group in
        group.addTask { try await node.run.run() }
        try await Cluster.waitUntilSettled(audit, accepted: 1)
        node.run.drain()
        try await group.waitForAll()
      }
      let letter = try #require(try await audit.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10).first)
      #expect(letter.code == "delivery.redelivered" && letter.stage == "start", "no step has seen it")
      #expect(letter.payload == [7])
      node.journal.close()
      audit.close()
    }
  }
}
