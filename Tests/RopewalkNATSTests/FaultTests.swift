import Logging
import RopewalkCore
import RopewalkJournal
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkNATS

@Suite(.enabled(if: NATSServer.executable != nil, "\(NATSServer.missing)"), .takesTurns(within: .seconds(600)))
struct FaultTests {
  private final class Record: Sendable {
    let accepted = Mutex<[JournalPosition: String]>([:])
    let isDone = Mutex(false)
  }

  static func entry(_ id: String, customer: String = "acme", size: Int = 10, destinations: [String] = ["a", "b"]) -> JournalEntry {
    let metadata = MessageMetadata(customerID: customer, integrationID: "orders")
    let message = Message(id: id, payload: [UInt8](repeating: 7, count: size), metadata: metadata)
    return JournalEntry(message: message, destinations: destinations)
  }

  static func open(_ server: NATSServer, _ settings: JetStreamJournal.Settings = .init()) async throws -> JetStreamJournal {
    var options = NATSOptions(servers: [server.url])
    options.limits.reconnectWait = .milliseconds(50)
    return try await JetStreamJournal.open(try await NATSConnection.connect(options), tenant: "t", settings: settings, logger: .quiet)
  }

  static func settle(_ journal: any Journal, _ position: JournalPosition, _ destinations: [String] = ["a", "b"]) async throws {
    try await journal.settle(destinations.map { Settlement(position: position, destination: $0, outcome: .delivered) })
  }

  /// What was acknowledged is there after the server was killed again and again; what is refused while it is away is said.
  @Test func killedServerLosesNothing() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let journal = try await Self.open(server)
      let record = Record()
      try await withThrowingTaskGroup { group in
        for writer in 0..<8 {
          group.addTask {
            var number = 0
            while !record.isDone.withLock({ $0 }) {
              let id = "\(writer)-\(number)"
              number += 1
              guard let result = try? await journal.append([Self.entry(id)]).first else {
                await Task.yield()
                continue
              }
              guard case .accepted(let position) = result else { continue }
              record.accepted.withLock { $0[position] = id }
              if number % 3 != 0 { try? await Self.settle(journal, position) }
            }
          }
        }
        for round in 0..<5 {
          let goal = (round + 1) * 150
          try await eventually { record.accepted.withLock(\.count) >= goal }
          server.kill()
          try await server.start()
        }
        record.isDone.withLock { $0 = true }
        try await group.waitForAll()
      }
      let ledger = try await journal.ledger()
      let line = try #require(ledger.first)
      #expect(line.balances)
      // A message whose acknowledgement was lost with the server may be there beyond those that were acknowledged.
      #expect(line.accepted >= record.accepted.withLock(\.count) * 2)
      journal.close()
      // Another node reads the same.
      let other = try await Self.open(server)
      var again = try #require(try await other.ledger().first)
      again.duplicates = line.duplicates
      #expect(again == line)
      var open: Set<JournalPosition> = []
      var last: JournalPosition?
      while true {
        let page = try await other.unsettled(in: .accepted(integration: "orders", customer: "acme"), after: last, limit: 100)
        guard let end = page.last else { break }
        for entry in page {
          open.insert(entry.position)
          if let id = record.accepted.withLock({ $0[entry.position] }) { #expect(entry.message.id == id) }
        }
        last = end.position
      }
      #expect(open.count * 2 >= line.inFlight)
      other.close()
    }
  }

  @Test func oneCustomerDoesNotTakeAllOfTheRoom() async throws {
    try await NATSServer.run { server in
      let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
      var settings = JetStreamJournal.Settings()
      settings.maxPerCustomer = 10
      let journal = try await JetStreamJournal.open(connection, tenant: "t", settings: settings, logger: .quiet)
      defer { journal.close() }
      func append(_ customer: String, _ number: Int) async throws -> AppendResult? {
        let metadata = MessageMetadata(customerID: customer, integrationID: "orders")
        let message = Message(id: "\(customer)-\(number)", payload: [1], metadata: metadata)
        return try await journal.append([JournalEntry(message: message, destinations: ["a"])]).first
      }
      var flood: [AppendResult?] = []
      for number in 0..<12 { flood.append(try await append("flood", number)) }
      #expect(flood.suffix(2) == [.full, .full])
      guard case .accepted(let first) = flood[0] else { return #expect(Bool(false)) }
      guard case .accepted = try await append("quiet", 0) else { return #expect(Bool(false)) }
      // An end makes room.
      try await journal.settle([Settlement(position: first, destination: "a", outcome: .delivered)])
      guard case .accepted = try await append("flood", 10) else { return #expect(Bool(false)) }
    }
  }

  @Test func largePayloadsLieBesideAndGoWithTheirMessage() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      guard case .accepted(let position) = try await journal.append([Self.entry("1", size: 3 << 20)]).first else {
        return #expect(Bool(false))
      }
      #expect(try await journal.append([Self.entry("1", size: 3 << 20)]) == [.duplicate])
      #expect(try await journal.jetStream.state(of: journal.names.bodies).messages == 24)
      let open = try await journal.unsettled(in: .accepted(integration: "orders", customer: "acme"), after: nil, limit: 10)
      #expect(open.map(\.message.payload.count) == [3 << 20])
      try await Self.settle(journal, position, ["a"])
      #expect(try await journal.jetStream.state(of: journal.names.bodies).messages == 24)
      try await Self.settle(journal, position, ["b"])
      #expect(try await journal.jetStream.state(of: journal.names.bodies).messages == 0)
      journal.close()
    }
  }

  @Test func whatIsUnacknowledgedIsSentAgain() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      guard case .accepted = try await journal.append([Self.entry("0")]).first else { return #expect(Bool(false)) }
      // Sent to a server that does not answer, and dies.
      server.pause()
      async let pending = journal.append([Self.entry("1")])
      try await eventually { journal.publisher.unacknowledged != 0 }
      server.kill()
      try await server.start()
      guard case .accepted = try await pending.first else { return #expect(Bool(false)) }
      #expect(try await journal.append([Self.entry("1")]) == [.duplicate])
      #expect(try await journal.ledger().first?.accepted == 4)
      journal.close()
    }
  }

  @Test func nothingIsTakenWhileNoServerIsThere() async throws {
    try await NATSServer.run { server in
      let journal = try await Self.open(server)
      server.kill()
      try await eventually { !journal.jetStream.connection.isConnected }
      await #expect(throws: RopewalkError.self) { try await journal.append([Self.entry("1")]) }
      try await server.start()
      try await eventually { journal.jetStream.connection.isConnected }
      guard case .accepted = try await journal.append([Self.entry("1")]).first else { return #expect(Bool(false)) }
      journal.close()
    }
  }
}
