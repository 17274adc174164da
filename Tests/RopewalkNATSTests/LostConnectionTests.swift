import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkNATS

/// What becomes of what is under way when the server is killed.
@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(120)))
struct LostConnectionTests {
  /// So long that it shows when somebody waits for it.
  private static let limit: Duration = .seconds(60)

  @Test func whatWaitsForAnAnswerEndsWithTheConnection() async throws {
    try await NATSServer.run { server in
      let jetStream = try await Self.connect(server)
      defer { jetStream.connection.close() }
      server.pause()
      async let asked = Self.failure { _ = try await jetStream.ask("INFO") }
      async let listed = Self.failure { _ = try await jetStream.ready("none", of: "test", limit: 1) }
      try await eventually { jetStream.connection.requests.unanswered >= 2 }
      let start = ContinuousClock.now
      server.kill()
      let failures = await [asked, listed]
      #expect(failures.allSatisfy { $0 == .natsDisconnected }, "\(failures)")
      #expect(ContinuousClock.now - start < Self.limit / 2)
    }
  }

  /// The pages of a list are answered elsewhere.
  @Test func aListLeavesNoRequestBehind() async throws {
    try await NATSServer.run { server in
      let jetStream = try await Self.connect(server)
      defer { jetStream.connection.close() }
      let start = ContinuousClock.now
      var sequences: [UInt64] = []
      try await jetStream.forEachMessage(of: "test") { sequences.append($0.sequence) }
      #expect(sequences == [1])
      try await eventually { jetStream.connection.requests.unanswered == 0 }
      #expect(ContinuousClock.now - start < Self.limit / 2)
    }
  }

  @Test func whatIsReadComesFromTheServerThatIsBack() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let jetStream = try await Self.connect(server)
      defer { jetStream.connection.close() }
      let start = ContinuousClock.now
      server.pause()
      async let message = jetStream.message(1, of: "test")
      async let newest = jetStream.lastMessage(of: "test", subject: "test.a")
      async let messages = jetStream.messages(of: "test", subject: "test.>", from: 1, limit: 10)
      async let state = jetStream.state(of: "test")
      async let count = jetStream.count(of: "test", subject: "test.a")
      async let subjects = jetStream.subjects(of: "test", matching: "test.>")
      async let window = jetStream.duplicateWindow(of: "test")
      async let nobody = jetStream.info(ofConsumer: "none", of: "test")
      try await eventually { jetStream.connection.requests.unanswered >= 8 }
      server.kill()
      try await server.start()
      let read = try await [message, newest].compactMap(\.self) + messages
      let (messagesThere, counted, bySubject) = (try await state.messages, try await count, try await subjects)
      let (remembered, consumer) = (try await window, try await nobody)
      #expect(messagesThere == 1 && counted == 1)
      #expect(bySubject == ["test.a": 1])
      #expect(remembered == .seconds(120) && consumer == nil)
      #expect(read.map(\.payload) == [[7], [7], [7]])
      // Asked while there is none.
      server.kill()
      try await eventually { !jetStream.connection.isConnected }
      async let later = jetStream.message(1, of: "test")
      // Asked on the connection that was, it fails and waits for the next one, and none is unanswered.
      for _ in 0..<200 where jetStream.connection.requests.unanswered == 0 { try await Task.sleep(for: .milliseconds(5)) }
      try await server.start()
      let found = try await later
      #expect(found?.payload == [7])
      #expect(ContinuousClock.now - start < Self.limit / 2)
    }
  }

  @Test func whatIsPublishedMeanwhileIsThereOnce() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let jetStream = try await Self.connect(server)
      defer { jetStream.connection.close() }
      let publisher = try JetStreamPublisher(jetStream.connection)
      var sequences: Set<UInt64> = []
      for round in 0..<4 {
        let batch = (0..<200).map { NATSOutgoing("test.a", headers: [("Nats-Msg-Id", "\(round)/\($0)")], payload: [7]) }
        server.pause()
        async let results = publisher.publish(batch)
        try await eventually { publisher.unacknowledged >= batch.count }
        // In every other round it may store some, whose acknowledgements may come or not.
        if round % 2 == 1 { server.resume() }
        server.kill()
        try await eventually { !jetStream.connection.isConnected }
        try await server.start()
        for result in try await results {
          guard case .stored(let sequence, _, _) = result else { return #expect(Bool(false), "\(result)") }
          sequences.insert(sequence)
        }
        try await eventually { jetStream.connection.isConnected }
      }
      let state = try await jetStream.state(of: "test")
      #expect(sequences.count == 800)
      #expect(state.messages == 801)
    }
  }

  @Test func aNoteIsStruckOutByTheServerThatIsBack() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      let trial = Trial(isHop: false, sequence: 1)
      try await journal.begin(trial)
      server.pause()
      journal.end(trial)
      server.kill()
      try await server.start()
      let other = try await Cluster.journal(server)
      defer { other.close() }
      try await eventually { try await other.failures(of: trial) == 0 }
    }
  }

  /// So that a node which is stopped just then ends. It may be written all the same, and is struck out then.
  @Test func aNoteThatIsOnItsWayEndsWithTheConnection() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      let trial = Trial(isHop: false, sequence: 1)
      let requests = journal.jetStream.connection.requests
      try await eventually { requests.unanswered == 0 }
      server.pause()
      async let begun = Self.failure { try await journal.begin(trial) }
      try await eventually { requests.unanswered != 0 }
      server.kill()
      let failure = await begun
      #expect(failure == .natsDisconnected)
      try await server.start()
      try await eventually { journal.jetStream.connection.isConnected }
      // As when the answer alone was lost.
      let note = NATSOutgoing(journal.names.body(BodyOwner.trial(trial).makeID(journal.marks)))
      _ = try await journal.publisher.publish(note)
      journal.end(trial)
      try await eventually { try await journal.jetStream.state(of: journal.names.bodies).messages == 0 }
    }
  }

  /// It waits in the node, and is not handed out another time.
  @Test func whatCannotBeTakenWithoutAServerIsTakenOnceOneIsThere() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      for id in ["m1", "m2"] { _ = try await journal.append([Cluster.entry(id)]) }
      var limits = NodeLimits()
      // So few that a node writes down from the first on that it takes the message.
      limits.maxDeliveries = 3
      let desk = StepDesk(journal, integration: "orders", step: .logic(destinations: ["a"]), limits: limits, logger: .quiet)
      let (isTaken, goesOn) = (Gate(), Gate())
      try await withThrowingTaskGroup { group in
        group.addTask {
          try await desk.source.receive(
            into: Inbox { _ in
              isTaken.open()
              await goesOn.wait()
              return .accepted
            }
          )
        }
        await isTaken.wait()
        server.kill()
        try await eventually { !desk.connection.isConnected }
        goesOn.open()
        try await server.start()
        try await eventually { desk.table.withLock(\.held).count >= 2 }
        let deliveries = desk.table.withLock(\.held).map(\.deliveries)
        #expect(deliveries == [1, 1])
        group.cancelAll()
        try await group.waitForAll()
      }
    }
  }

  /// Large payloads, and those of parked messages, are read when their turn comes.
  @Test func whatWaitsForItsPayloadKeepsItsPlaceHoweverLongNoServerIsThere() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let audit = try await Cluster.journal(server)
      defer { audit.close() }
      for (id, size) in [("m1", 1), ("m2", 300 << 10), ("m3", 1)] {
        var entry = Cluster.entry(id)
        entry.message.payload = [UInt8](repeating: 7, count: size)
        _ = try await audit.append([entry])
      }
      var parked: [Delivered] = []
      for id in ["p1", "p2"] {
        // Of another integration, so that the consumer does not hand them out as well.
        let metadata = MessageMetadata(customerID: "parked", integrationID: "others")
        let entry = JournalEntry(message: Message(id: id, payload: [7], metadata: metadata), destinations: ["a"])
        guard case .accepted(let position) = try await audit.append([entry]).first else { return #expect(Bool(false)) }
        parked.append(try await Delivered.parked(position, in: audit))
      }
      var options = NATSOptions(servers: [server.url])
      options.limits.requestTimeout = .milliseconds(500)
      let journal = try await JetStreamJournal.open(NATSConnection.connect(options), tenant: "t", logger: .quiet)
      defer { journal.close() }
      let desk = StepDesk(journal, integration: "orders", step: .logic(destinations: ["a"]), logger: .quiet)
      let (isTaken, goesOn) = (Gate(), Gate())
      let taken = Mutex<[String]>([])
      let inbox = Inbox { message in
        taken.withLock { $0.append(message.id) }
        isTaken.open()
        await goesOn.wait()
        return .accepted
      }
      try await withThrowingTaskGroup { group in
        group.addTask { try await desk.source.receive(into: inbox) }
        await isTaken.wait()
        server.kill()
        try await eventually { !desk.connection.isConnected }
        goesOn.open()
        desk.table.withLock { table in
          for delivered in parked { table.parked.park(delivered, of: TenantNames.customer(of: delivered.subject)) }
        }
        desk.tellRoom()
        // No request waits so long for its answer.
        try await Task.sleep(for: options.limits.requestTimeout * 3)
        try await server.start()
        try await eventually { taken.withLock({ $0.count }) >= 5 }
        let held = desk.table.withLock(\.held)
        #expect(held.allSatisfy { $0.deliveries == 1 }, "\(held.map(\.deliveries))")
        group.cancelAll()
        try await group.waitForAll()
      }
      let ids = taken.withLock { $0 }
      #expect(ids.filter { $0.hasPrefix("m") } == ["m1", "m2", "m3"])
      #expect(ids.filter { $0.hasPrefix("p") } == ["p1", "p2"])
    }
  }

  @Test(arguments: [1, 300 << 10])
  func sendersAreRefusedAtOnceHoweverLargeTheirMessagesAre(size: Int) async throws {
    try await NATSServer.run { server in
      let journal = try await Cluster.journal(server)
      defer { journal.close() }
      var entry = Cluster.entry("m1")
      entry.message.payload = [UInt8](repeating: 7, count: size)
      server.kill()
      try await eventually { !journal.jetStream.connection.isConnected }
      let failure = await Self.failure { [entry] in _ = try await journal.append([entry]) }
      #expect(failure == .natsDisconnected)
    }
  }

  /// A stream `test` with one message.
  private static func connect(_ server: NATSServer) async throws -> JetStream {
    var options = NATSOptions(servers: [server.url])
    options.limits.requestTimeout = limit
    options.limits.reconnectWait = .milliseconds(50)
    let jetStream = try await JetStream(NATSConnection.connect(options))
    try await jetStream.ensure(StreamConfiguration(name: "test", subjects: ["test.>"]))
    let publisher = try JetStreamPublisher(jetStream.connection)
    _ = try await publisher.publish(NATSOutgoing("test.a", payload: [7]))
    // Who got the last answer goes on before it is struck off.
    try await eventually { jetStream.connection.requests.unanswered == 0 }
    return jetStream
  }

  private static func failure(_ body: () async throws -> Void) async -> ErrorCode? {
    do {
      try await body()
      return nil
    } catch {
      return (error as? RopewalkError)?.code
    }
  }
}
