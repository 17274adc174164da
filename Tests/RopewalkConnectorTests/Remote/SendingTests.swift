import FoundationEssentials
import GoPlugin
import Logging
import RopewalkCore
import RopewalkTesting
import Synchronization
import Testing

@testable import RopewalkConnector

@Suite(.serialized, .timeLimit(.minutes(5)))
struct SendingTests {
  private static func message(_ id: String, size: Int = 20, doing: String? = nil) -> Message {
    var message = Message(id: id, payload: [UInt8](repeating: 0, count: size))
    for index in stride(from: 0, to: size, by: 4093) { message.payload[index] = UInt8(truncatingIfNeeded: index / 4093) }
    message.headers["do"] = doing
    return message
  }

  /// Sends all at once, and returns the errors by id.
  private static func sendAll(
    _ ids: [String],
    over connector: RemoteConnector,
    confirmed: Accepting = Accepting(),
    hanging: Set<String> = []
  ) async -> [String: ConnectionError] {
    await withTaskGroup(of: (String, ConnectionError?).self) { group in
      for id in ids {
        group.addTask {
          do throws(ConnectionError) {
            try await connector.send(message(id, doing: hanging.contains(id) ? "hang" : nil))
            _ = confirmed.accept(message(id))
            return (id, nil)
          } catch {
            return (id, error)
          }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
  }

  @Test("Thousands of messages reach a connector in a process of its own, each once", arguments: PeerProcess.ways)
  func many(way: [String]) async throws {
    let journal = PeerJournal()
    let ids = (0..<5000).map { "m-\($0)" }
    let failed = try await PeerProcess(arguments: way).withConnection(journal.settings) { connector, _ in
      await Self.sendAll(ids, over: connector)
    }
    #expect(failed.isEmpty)
    #expect(journal.sent.sorted() == ids.sorted())
    #expect(journal.lines.first == "connected one 3")
    #expect(journal.lines.last == "disconnected")
  }

  @Test("A connector's errors come back as it meant them, and metadata goes out whole", arguments: PeerProcess.ways)
  func errors(way: [String]) async throws {
    let journal = PeerJournal()
    try await PeerProcess(arguments: way).withConnection(journal.settings) { connector, _ in
      let rejected = await #expect(throws: ConnectionError.self) { try await connector.send(Self.message("a", doing: "reject")) }
      #expect(rejected?.code == .rejected && rejected?.recoverable == false && rejected?.message == "not this one")
      let later = await #expect(throws: ConnectionError.self) { try await connector.send(Self.message("b", doing: "later")) }
      #expect(later?.code == .rateLimited && later?.recoverable == true && later?.retryAfter == .seconds(7))
      var message = Self.message("c", doing: "metadata")
      message.contentType = "text/plain"
      message.metadata = MessageMetadata(customerID: "acme", tenantID: "t", integrationID: "i", source: "s", destination: "d")
      message.timestamp = Timestamp(nanoseconds: 1_700_000_000_123_000_000)
      try await connector.send(message)
      #expect(journal.lines.contains("metadata \(message.metadata) text/plain 2023-11-14T22:13:20.123Z"))
      #expect(await connector.health() == .healthy)
    }
  }

  @Test("Payloads beyond a frame and beyond all credit arrive whole, small ones meanwhile", arguments: [5 << 20, 60 << 20])
  func large(size: Int) async throws {
    let journal = PeerJournal()
    try await PeerProcess().withConnection(journal.settings) { connector, _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await connector.send(Self.message("large", size: size)) }
        for index in 0..<20 { group.addTask { try await connector.send(Self.message("small-\(index)")) } }
        try await group.waitForAll()
      }
      let tooLarge = await #expect(throws: ConnectionError.self) {
        try await connector.send(Message(id: "x", payload: [UInt8](repeating: 0, count: (64 << 20) + 1)))
      }
      #expect(tooLarge?.code == .rejected)
    }
    let expected = (0..<(size + 4092) / 4093).reduce(into: (UInt32(1), UInt32(0))) { sums, index in
      sums.0 = (sums.0 &+ UInt32(UInt8(truncatingIfNeeded: index))) % 65_521
      sums.1 = (sums.1 &+ sums.0) % 65_521
    }
    #expect(journal.lines.contains("sent large \(size) \(expected.1 << 16 | expected.0)"))
    #expect(journal.sent.count == 21)
  }

  @Test("Code that blocks its thread holds up neither the process's health nor what it receives")
  func blocking() async throws {
    let journal = PeerJournal()
    let release = journal.path + ".release"
    defer { try? FileManager.default.removeItem(atPath: release) }
    var settings = journal.settings
    settings["count"] = 100
    try await PeerProcess().withConnection(settings) { connector, plugin in
      let accepting = Accepting()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await connector.send(Self.message("blocks", doing: "block")) }
        try await eventually { journal.lines.contains("blocks blocks") }
        try await plugin.checkHealth()
        try await connector.receive(into: accepting.inbox)
        #expect(accepting.ids.count == 100)
        #expect(journal.sent.isEmpty)
        #expect(FileManager.default.createFile(atPath: release, contents: nil))
        try await group.waitForAll()
      }
    }
    #expect(journal.sent == ["blocks"])
  }

  @Test("Code that never blocks runs on the connection's thread, and other code apart from it", arguments: PeerProcess.ways)
  func thread(way: [String]) async throws {
    let journal = PeerJournal()
    try await PeerProcess(arguments: way).withConnection(journal.settings) { connector, _ in
      try await connector.send(Self.message("m", doing: "where"))
    }
    #expect(journal.lines.contains(way.isEmpty ? "apart" : "on the connection's thread"))
  }

  @Test("Giving up to receive while receipts are outstanding ends the connector's code and its process", arguments: PeerProcess.ways)
  func givenUp(way: [String]) async throws {
    let journal = PeerJournal()
    var settings = journal.settings
    settings["count"] = 1_000_000
    let clock = ContinuousClock()
    var peer = PeerProcess(arguments: way)
    peer.limits.finishGrace = .seconds(1)
    let end = try await peer.withConnection(settings) { connector, _ in
      let (offered, writer) = AsyncStream.makeStream(of: Void.self)
      let silent = Inbox { _ in
        writer.yield()
        try? await Task.sleep(for: .seconds(3600))
        return .refused(Refusal(.unavailable, "no answer"))
      }
      await withTaskGroup { group in
        group.addTask { try? await connector.receive(into: silent) }
        for await _ in offered { break }
        group.cancelAll()
      }
      // While the process goes on.
      try await eventually(within: .seconds(30)) { journal.lines.contains("stopped") }
      return clock.now
    }
    // Less than it takes until a process that does not end is killed.
    #expect(clock.now - end < .seconds(5))
    #expect(journal.lines.last == "disconnected")
  }

  @Test(
    "What a killed connector had in its hands fails as interrupted, and nothing that it confirmed is missing",
    arguments: PeerProcess.ways
  )
  func killed(way: [String]) async throws {
    let journal = PeerJournal()
    let ids = (0..<3000).map { "m-\($0)" }
    let failed = try await PeerProcess(arguments: way).withConnection(journal.settings) { connector, plugin in
      let confirmed = Accepting()
      // Those that hang are under way whenever the process dies.
      async let failed = Self.sendAll(ids, over: connector, confirmed: confirmed, hanging: ["m-0", "m-1", "m-2"])
      await confirmed.reached(200)
      await plugin.kill()
      let failure = try await connector.failure()
      #expect(failure.recoverable)
      let late = await #expect(throws: ConnectionError.self) { try await connector.send(Self.message("late")) }
      #expect(late?.attempt == .notMade && late?.recoverable == true)
      return await failed
    }
    #expect(failed.values.allSatisfy { $0.recoverable && $0.attempt != .made })
    #expect(failed.values.contains { $0.attempt == .interrupted })
    let confirmed = Set(ids).subtracting(failed.keys)
    #expect(confirmed.subtracting(journal.sent).isEmpty)
    let again = try await PeerProcess(arguments: way).withConnection(journal.settings) { connector, _ in
      await Self.sendAll(Array(failed.keys), over: connector)
    }
    #expect(again.isEmpty)
    #expect(Set(journal.sent) == Set(ids))
  }

  @Test("A message that is given up is cancelled in the connector, and others go on")
  func cancel() async throws {
    let journal = PeerJournal()
    let events = HostEvents()
    try await PeerProcess(host: events.services()).withConnection(journal.settings) { connector, _ in
      let sending = Task { try await connector.send(Self.message("h", doing: "hang")) }
      await events.logs("hangs h")
      try await connector.send(Self.message("meanwhile"))
      sending.cancel()
      await #expect(throws: ConnectionError.self) { try await sending.value }
      await events.logs("cancelled h")
      try await connector.send(Self.message("after"))
    }
    #expect(journal.sent == ["meanwhile", "after"])
  }

  @Test("One process serves several connections; one that was told not to refuses the second")
  func several() async throws {
    let (one, two) = (PeerJournal(), PeerJournal())
    let peer = PeerProcess()
    try await peer.withPlugin { plugin in
      try await peer.withConnector(over: plugin, id: "one") { first in
        try await peer.withConnector(over: plugin, id: "two") { second in
          try await first.connect(PeerProcess.configuration(one.settings))
          try await first.connect(PeerProcess.configuration(one.settings))
          try await second.connect(PeerProcess.configuration(two.settings))
          try await first.send(Self.message("a"))
          try await second.send(Self.message("b"))
          await first.disconnect()
          await first.disconnect()
          try await second.send(Self.message("c"))
          let closed = await #expect(throws: ConnectionError.self) { try await first.send(Self.message("d")) }
          #expect(closed?.attempt == .notMade)
          await second.disconnect()
        }
      }
    }
    #expect(one.lines.filter { $0.hasPrefix("connected") } == ["connected one 3"])
    #expect(one.sent == ["a"] && two.sent == ["b", "c"])
    let single = PeerProcess(arguments: ["single"])
    try await single.withPlugin { plugin in
      try await single.withConnector(over: plugin, id: "one") { first in
        try await first.connect(PeerProcess.configuration(one.settings))
        let refused = try await single.withConnector(over: plugin, id: "two") { second in
          await #expect(throws: ConnectionError.self) { try await second.connect(PeerProcess.configuration(two.settings)) }
        }
        #expect(refused?.code == .unsupported)
        await first.disconnect()
      }
    }
  }

  @Test("A configuration is checked by the connector, and one that cannot be is refused")
  func configuration() async throws {
    let peer = PeerProcess()
    try await peer.withPlugin { plugin in
      try await peer.withConnector(over: plugin) { connector in
        #expect(connector.metadata.version == "1.2.3" && connector.metadata.supportedTypes == ["peer"])
        #expect(connector.metadata.capabilities == [.bidirectional, .retryable, .sharedProcess, .streaming])
        #expect(connector.metadata.configSchema == .object(["type": "object"]))
        let problems = await connector.validate(PeerProcess.configuration())
        #expect(problems == [ConfigurationProblem(path: ["journal"], "is missing", remedy: "name a file")])
        let refused = await #expect(throws: ConnectionError.self) { try await connector.connect(PeerProcess.configuration()) }
        #expect(refused?.code == .invalidConfiguration && refused?.recoverable == false)
        #expect(await connector.health() != .healthy)
      }
    }
  }

  @Test("A connector is given what it was granted, and its log and metrics reach the host without secrets")
  func hostFunctions() async throws {
    let journal = PeerJournal()
    let events = HostEvents()
    var settings = journal.settings
    settings["ask"] = "token"
    let peer = PeerProcess(host: events.services(secrets: ["token": "s3cret-value", "other": "x"], granted: ["token"]))
    try await peer.withConnection(settings) { _, _ in }
    #expect(journal.lines.contains("secret of 12 bytes") && journal.lines.contains("configured as peer"))
    #expect(events.logged.contains { $0.level == .warning && $0.message == "the secret is ***" && $0.fields == ["given": "***"] })
    #expect(events.metrics.count == 3 && events.metrics.allSatisfy { $0.name == "peer_asked" && $0.kind == .counter })
    settings["ask"] = "other"
    try await peer.withConnection(settings) { _, _ in }
    #expect(journal.lines.contains("refused UNAUTHORIZED"))
  }
}
