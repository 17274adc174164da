import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkNATS

/// A message is given up only for the nodes that ended with it in work, however often the server hands it out.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct TrialTests {
  /// It cannot take it just then, as while the server is killed again and again, and nobody else knows of that.
  @Test func whatANodeGaveBackThatIsKilledThenIsNotGivenUp() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let audit = try await Cluster.journal(server)
      defer { audit.close() }
      var limits = NodeLimits()
      limits.maxDeliveries = 3
      limits.acknowledgementWait = .milliseconds(200)
      _ = try await audit.append([Cluster.entry("m1x")])
      try await Self.passOn(server, in: audit)
      let killed = try await Cluster.journal(server)
      let desk = StepDesk(killed, integration: "orders", step: .outgoing(destination: "a"), limits: limits, logger: .quiet)
      let consumer = try await PullConsumer(killed.jetStream, stream: desk.consumer.stream, desk.consumer.configuration, window: 1)
      let rounds = limits.maxDeliveries + 3
      for round in 1...rounds {
        let delivered = try #require(try await consumer.next(upTo: 1).first)
        let entry = try await desk.prepare(delivered)
        #expect(entry?.message.id == "m1x")
        // In the end it has it in work, and dies.
        if round == rounds { break }
        if round == 2 {
          server.kill()
          try await eventually { !desk.connection.isConnected }
        }
        desk.giveBack(delivered, after: .zero)
        if round == 2 {
          try await server.start()
          try await eventually { desk.connection.isConnected }
        }
      }
      killed.close()
      try await Self.isDelivered(by: limits, server, in: audit)
    }
  }

  /// A server that restarts hands out again what it does not know to be in work.
  @Test func whatIsInWorkIsNotGivenUp() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      defer { audit.close() }
      var limits = NodeLimits()
      limits.maxDeliveries = 3
      _ = try await audit.append([Cluster.entry("m1x")])
      try await Self.passOn(server, in: audit)
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      let desk = StepDesk(journal, integration: "orders", step: .outgoing(destination: "a"), limits: limits, logger: .quiet)
      let taken = Counter()
      try await withThrowingTaskGroup { group in
        group.addTask {
          try await desk.source.receive(
            into: Inbox { _ in
              taken.increment()
              return .accepted
            }
          )
        }
        try await eventually { !desk.table.withLock(\.held).isEmpty }
        // As many others ended with it as a message is given up for, were it not in work here.
        for _ in 0..<limits.maxDeliveries {
          let other = try await Cluster.journal(server)
          try await other.begin(Trial(isHop: true, sequence: 1))
          other.close()
        }
        for count in 2...limits.maxDeliveries + 4 {
          // The server overlooks one that comes while it hands the message out.
          var next = ContinuousClock.now
          try await eventually {
            if .now >= next {
              for held in desk.table.withLock(\.held) { desk.connection.acknowledge(held, .again(after: .zero)) }
              next += .seconds(1)
            }
            guard try await Self.letters(in: audit).isEmpty else { return true }
            return try await Self.deliveries(audit) >= count
          }
        }
        #expect(try await Self.letters(in: audit).isEmpty)
        #expect(desk.table.withLock(\.held).count == 1)
        group.cancelAll()
        try await group.waitForAll()
      }
      #expect(taken.value == 1)
    }
  }

  /// One upgrade after the other, while the destination is down.
  @Test func nodesThatAreStoppedInOrderMakeNoDeadLetter() async throws {
    try await NATSServer.run { server in
      let audit = try await Cluster.journal(server)
      defer { audit.close() }
      var limits = NodeLimits()
      limits.maxDeliveries = 3
      _ = try await audit.append([Cluster.entry("m1x")])
      try await Self.passOn(server, in: audit)
      for _ in 0..<limits.maxDeliveries + 2 {
        let down = FaultInjectingConnection { (_, _) throws(ConnectionError) in
          throw ConnectionError(.connectionFailed, "refused", recoverable: true)
        }
        let node = try await Cluster.outgoing(server, to: "a", down, limits)
        try await withThrowingTaskGroup { group in
          group.addTask { try await node.run.run() }
          try await eventually { try await Self.letters(in: audit).count + down.attempts.count > 0 }
          node.run.drain(within: .zero)
          try await group.waitForAll()
        }
        await node.journal.leave()
        node.journal.close()
      }
      #expect(try await Self.letters(in: audit).isEmpty)
      try await Self.waitUntilStruckOut(in: audit)
      try await Self.isDelivered(by: limits, server, in: audit)
      try await Self.waitUntilStruckOut(in: audit)
    }
  }

  /// Of a node that died, as long as a message is there that it may be of.
  @Test func aNoteStaysAsLongAsItIsNeeded() async throws {
    try await NATSServer.run { server in
      var settings = JetStreamJournal.Settings()
      settings.bodiesSweptAfter = .zero
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      let journal = try await JetStreamJournal.open(connection, tenant: "t", settings: settings, logger: .quiet)
      defer { journal.close() }
      guard case .accepted(let position) = try await journal.append([Cluster.entry("m1")]).first else { return #expect(Bool(false)) }
      let trial = Trial(isHop: false, sequence: position.value)
      for _ in 0..<2 { try await journal.begin(trial) }
      // A record, from whose time the sweep counts.
      guard case .accepted(let other) = try await journal.append([Cluster.entry("m2")]).first else { return #expect(Bool(false)) }
      try await journal.settle([Settlement(position: other, destination: "a", outcome: .delivered)])
      try await journal.sweep()
      // It counts once for everyone else, and only for its message.
      let nodes = [journal, try await Cluster.journal(server), try await Cluster.journal(server)]
      defer { for node in nodes.dropFirst() { node.close() } }
      try await nodes[1].begin(trial)
      for (node, failures) in zip(nodes, [1, 1, 2]) { #expect(try await node.failures(of: trial) == failures) }
      for stranger in [Trial(isHop: true, sequence: position.value), Trial(isHop: false, sequence: other.value)] {
        #expect(try await journal.failures(of: stranger) == 0)
      }
      nodes[1].end(trial)
      try await eventually { try await nodes[2].failures(of: trial) <= 1 }
      try await journal.settle([Settlement(position: position, destination: "a", outcome: .delivered)])
      try await journal.sweep()
      #expect(try await journal.failures(of: trial) == 0)
      #expect(try await journal.jetStream.state(of: journal.names.bodies).messages == 0)
    }
  }

  /// A refusal is an answer too.
  @Test func aNoteThatCouldNotBeStruckOutGoesWithTheNextSweep() async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      let trial = Trial(isHop: false, sequence: 1)
      try await journal.begin(trial)
      try await journal.jetStream.remove(journal.names.bodies)
      journal.end(trial)
      try await eventually { journal.jetStream.connection.requests.unanswered == 0 }
      for stream in journal.names.streams(journal.settings) { try await journal.jetStream.ensure(stream) }
      _ = try await journal.publisher.publish(NATSOutgoing(journal.names.body(BodyOwner.trial(trial).makeID(journal.marks))))
      try await journal.sweep()
      try await Self.waitUntilStruckOut(in: journal)
    }
  }

  /// The node has taken the message again meanwhile.
  @Test func whatIsStruckOutLateLeavesALaterNote() async throws {
    try await NATSServer.run { server in
      let (journal, other) = (try await Cluster.journal(server), try await Cluster.journal(server))
      defer { for journal in [journal, other] { journal.close() } }
      let trial = Trial(isHop: false, sequence: 1)
      try await journal.begin(trial)
      let places = journal.state.withLock { $0.trials.own }
      let first = try #require(places[trial])
      try await journal.begin(trial)
      journal.strikeOut(trial, through: first)
      try await eventually { journal.jetStream.connection.requests.unanswered == 0 }
      let failures = try await other.failures(of: trial)
      #expect(failures == 1)
      journal.end(trial)
      try await Self.waitUntilStruckOut(in: other)
    }
  }

  @Test func aNoteNamesItsMessage() {
    for trial in [Trial(isHop: true, sequence: 7), Trial(isHop: false, sequence: .max)] {
      #expect(BodyOwner(of: BodyOwner.trial(trial).makeID()) == .trial(trial))
    }
    #expect(BodyOwner(of: "try-to-many-1") == nil)
  }

  private static func passOn(_ server: NATSServer, in audit: JetStreamJournal) async throws {
    let logic = try await Cluster.logic(server, ["a"])
    try await withThrowingTaskGroup { group in
      group.addTask { try await logic.run.run() }
      try await eventually { try await audit.jetStream.state(of: audit.names.steps).messages != 0 }
      logic.run.drain()
      try await group.waitForAll()
    }
    logic.journal.close()
  }

  /// Has another node take the one message, which was handed out more often than it may fail.
  private static func isDelivered(by limits: NodeLimits, _ server: NATSServer, in audit: JetStreamJournal) async throws {
    let sink = Recorder()
    let node = try await Cluster.outgoing(server, to: "a", sink, limits)
    defer { node.journal.close() }
    try await withThrowingTaskGroup { group in
      group.addTask { try await node.run.run() }
      try await Cluster.waitUntilSettled(audit, accepted: 1)
      node.run.drain()
      try await group.waitForAll()
    }
    #expect(sink.ids == ["m1x"])
    #expect(try await letters(in: audit).isEmpty)
    #expect(try await deliveries(audit) > limits.maxDeliveries + 1)
  }

  /// How often the server has handed out what is on its way.
  private static func deliveries(_ journal: JetStreamJournal) async throws -> Int {
    try await journal.jetStream.info(ofConsumer: "to-orders-a", of: journal.names.steps)?["delivered"]?["consumer_seq"]?.int ?? 0
  }

  private static func waitUntilStruckOut(in journal: JetStreamJournal) async throws {
    try await eventually { try await journal.jetStream.state(of: journal.names.bodies).messages == 0 }
  }

  private static func letters(in journal: JetStreamJournal) async throws -> [DeadLetter] {
    try await journal.deadLetters(matching: DeadLetterQuery(), after: nil, limit: 10)
  }
}
