import GoPlugin
import RopewalkCore
import Synchronization
import Testing

@testable import RopewalkConnector

@Suite(.serialized, .timeLimit(.minutes(5)))
struct ReceivingTests {
  private static func settings(_ journal: PeerJournal, count: Int, _ more: JSONObject = [:]) -> JSONObject {
    var settings = journal.settings
    settings["count"] = .number(JSONNumber(count))
    for key in more.keys { settings[key] = more[key] }
    return settings
  }

  private static func failure(of connector: RemoteConnector, _ host: Accepting) async -> ConnectionError? {
    do throws(ConnectionError) { try await connector.receive(into: host.inbox) } catch { return error }
    return nil
  }

  @Test("Thousands of messages come in, in order, and the source's end ends the receiving", arguments: PeerProcess.ways)
  func many(way: [String]) async throws {
    let journal = PeerJournal()
    let host = Accepting()
    let position = Mutex<[UInt8]>([])
    try await PeerProcess(arguments: way).withConnection(
      Self.settings(journal, count: 5000),
      onPosition: { new in position.withLock { $0 = new } }
    ) {
      connector,
      _ in
      try await connector.receive(into: host.inbox)
    }
    #expect(host.ids.count == 5000 && host.duplicates == 0)
    #expect(position.withLock { String(decoding: $0, as: UTF8.self) } == "4999")
    #expect(journal.lines.filter { $0.hasPrefix("accepted") }.count == 5000)
    #expect(journal.lines.contains("ended"))
  }

  @Test("What a connector says of a message's owner is not believed", arguments: PeerProcess.ways)
  func claims(way: [String]) async throws {
    let journal = PeerJournal()
    let host = Accepting()
    try await PeerProcess(arguments: way).withConnection(Self.settings(journal, count: 1)) { connector, _ in
      try await connector.receive(into: host.inbox)
    }
    let message = try #require(host.messages.first)
    #expect(message.metadata == MessageMetadata(correlationID: "c"))
    #expect(message.headers.fields.map(\.name) == ["X-Number"])
    let allowing = Accepting()
    try await PeerProcess(rule: IncomingRule(allowedReservedHeaders: ["ropewalk-path-customer"]))
      .withConnection(Self.settings(journal, count: 1)) { connector, _ in try await connector.receive(into: allowing.inbox) }
    #expect(allowing.messages.first?.headers["ropewalk-path-customer"] == "globex")
    #expect(allowing.messages.first?.metadata.customerID == "")
  }

  @Test("A connector that is killed under way offers again what had no receipt: nothing is lost")
  func killed() async throws {
    let journal = PeerJournal()
    let host = Accepting()
    let position = Mutex<[UInt8]>([])
    @Sendable func keep(_ new: [UInt8]) { position.withLock { $0 = new } }
    let settings = Self.settings(journal, count: 3000)
    try await PeerProcess().withConnection(settings, onPosition: { keep($0) }) { connector, plugin in
      async let failure = Self.failure(of: connector, host)
      await host.reached(500)
      await plugin.kill()
      #expect(await failure?.recoverable == true)
    }
    #expect(host.ids.count < 3000)
    var peer = PeerProcess()
    peer.resumePosition = position.withLock { $0 }
    try await peer.withConnection(settings, onPosition: { keep($0) }) { connector, _ in
      try await connector.receive(into: host.inbox)
    }
    #expect(host.ids == Set((0..<3000).map { "m-\($0)" }))
    #expect(position.withLock { String(decoding: $0, as: UTF8.self) } == "2999")
    #expect(journal.lines.contains { $0.hasPrefix("receives from ") && $0 != "receives from 0" })
  }

  @Test("A host that takes its time is sent no more than it has room for", arguments: PeerProcess.ways)
  func slow(way: [String]) async throws {
    let journal = PeerJournal()
    var peer = PeerProcess(arguments: way)
    peer.limits.unansweredMessages = 8
    let gate = Eventually<Void>()
    let held = Mutex((now: 0, most: 0))
    let full = Eventually<Void>()
    let taken = Mutex(0)
    let inbox = Inbox { _ in
      held.withLock { held in
        held.now += 1
        held.most = max(held.most, held.now)
        if held.now == 8 { full.set(()) }
      }
      await gate.value()
      held.withLock { $0.now -= 1 }
      taken.withLock { $0 += 1 }
      return .accepted
    }
    try await peer.withConnection(Self.settings(journal, count: 200)) { connector, _ in
      async let receiving: Void = connector.receive(into: inbox)
      await full.value()
      // Calls go on beside a stream that is full.
      #expect(await connector.health() == .healthy)
      #expect(held.withLock { $0.now } == 8)
      gate.set(())
      try await receiving
    }
    #expect(taken.withLock { $0 } == 200)
    #expect(held.withLock { $0.most } == 8)
  }

  @Test("What the host refuses for now is offered again, and the position waits for it", arguments: PeerProcess.ways)
  func refused(way: [String]) async throws {
    let journal = PeerJournal()
    let refusals = Mutex<Set<String>>([])
    let host = Accepting { message in
      guard message.id.hasSuffix("7"), refusals.withLock({ $0.insert(message.id).inserted }) else { return nil }
      return Refusal(.full, "full", retryAfter: .milliseconds(10))
    }
    let position = Mutex<[UInt8]>([])
    try await PeerProcess(arguments: way).withConnection(
      Self.settings(journal, count: 100),
      onPosition: { new in position.withLock { $0 = new } }
    ) {
      connector,
      _ in
      try await connector.receive(into: host.inbox)
    }
    #expect(host.ids.count == 100 && refusals.withLock(\.count) == 10)
    #expect(position.withLock { String(decoding: $0, as: UTF8.self) } == "99")
  }

  @Test("Payloads beyond a frame come in whole", arguments: [5 << 20, 60 << 20])
  func large(size: Int) async throws {
    let journal = PeerJournal()
    let host = Accepting()
    let settings = Self.settings(journal, count: 2, ["size": .number(JSONNumber(size))])
    try await PeerProcess().withConnection(settings) { connector, _ in try await connector.receive(into: host.inbox) }
    #expect(host.messages.map(\.payload.count) == [size, size])
    #expect(host.messages.allSatisfy { $0.payload.first == 0x61 && $0.payload.last == 0x61 })
  }

  @Test("Receiving stops when it is cancelled, with a receipt for every message that came", arguments: PeerProcess.ways)
  func cancelled(way: [String]) async throws {
    let journal = PeerJournal()
    let host = Accepting()
    try await PeerProcess(arguments: way).withConnection(Self.settings(journal, count: 1_000_000)) { connector, _ in
      let receiving = Task { try await connector.receive(into: host.inbox) }
      await host.reached(100)
      receiving.cancel()
      try await receiving.value
      #expect(await connector.health() == .healthy)
      await connector.disconnect()
    }
    let accepted = Set(journal.lines.filter { $0.hasPrefix("accepted") }.map { "m-" + $0.split(separator: " ")[1] })
    #expect(accepted == host.ids)
    #expect(journal.lines.contains("stopped"))
  }

  @Test("A source that breaks says so", arguments: PeerProcess.ways)
  func breaks(way: [String]) async throws {
    let journal = PeerJournal()
    let host = Accepting()
    try await PeerProcess(arguments: way).withConnection(Self.settings(journal, count: 3, ["fail": true])) { connector, _ in
      let error = await #expect(throws: ConnectionError.self) { try await connector.receive(into: host.inbox) }
      #expect(error?.code == .receiveFailed && error?.message == "the source broke" && error?.recoverable == true)
    }
    #expect(host.ids.count == 3)
  }
}
