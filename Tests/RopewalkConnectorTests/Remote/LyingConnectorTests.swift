import GoPlugin
import RopewalkCore
import Synchronization
import Testing

@testable import RopewalkConnector

@Suite(.serialized, .timeLimit(.minutes(5)))
struct LyingConnectorTests {
  private static func send(_ connector: RemoteConnector, _ count: Int = 1) async -> [ConnectionError?] {
    await withTaskGroup(of: ConnectionError?.self) { group in
      for index in 0..<count {
        group.addTask {
          do throws(ConnectionError) { try await connector.send(Message(id: "\(index)", payload: [1])) } catch { return error }
          return nil
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }

  @Test(
    "A connector that breaks the contract while it is sent to loses its connection, and nothing else",
    arguments: ["unknownOutcome", "twoOutcomes"]
  )
  func sending(lie: String) async throws {
    var peer = PeerProcess(arguments: ["lie", lie], ends: .outgoing)
    peer.limits.finishGrace = .milliseconds(100)
    try await peer.withConnection { connector, plugin in
      let errors = await Self.send(connector, 2)
      #expect(errors.contains { $0?.code == .protocolViolation && $0?.recoverable == true })
      #expect(try await connector.failure().code == .protocolViolation)
      try await plugin.checkHealth()
      // The same process can be connected again.
      try await connector.connect(PeerProcess.configuration())
    }
  }

  @Test(
    "A connector that breaks the contract while it is received from loses its connection, and nothing else",
    arguments: ["gigabyte", "oversized", "overflow", "flood", "disorder", "swelling", "longPosition"]
  )
  func receiving(lie: String) async throws {
    try await PeerProcess(arguments: ["lie", lie], ends: .incoming).withConnection { connector, plugin in
      let host = Accepting()
      let error = await #expect(throws: ConnectionError.self) { try await connector.receive(into: host.inbox) }
      #expect(error?.code == .protocolViolation && error?.recoverable == true)
      #expect(host.messages.count <= 1024)
      try await plugin.checkHealth()
    }
  }

  @Test("Bytes that are no frame, and a stream that ends by itself, are told as they are", arguments: ["malformed", "endsEarly"])
  func broken(lie: String) async throws {
    try await PeerProcess(arguments: ["lie", lie], ends: .outgoing).withConnection { connector, plugin in
      let errors = await Self.send(connector, 3)
      #expect(errors.allSatisfy { $0?.recoverable == true && $0?.attempt != .made })
      #expect(try await connector.failure().recoverable)
      try await plugin.checkHealth()
    }
  }

  @Test("A connector whose first frame is another one is not connected")
  func noOpening() async throws {
    let error = await #expect(throws: ConnectionError.self) {
      try await PeerProcess(arguments: ["lie", "noOpening"], ends: .outgoing).withConnection { _, _ in }
    }
    #expect(error?.code == .protocolViolation)
  }

  @Test("A connector for a newer contract is not used")
  func newerVersion() async throws {
    let error = await #expect(throws: ConnectionError.self) {
      try await PeerProcess(arguments: ["lie", "newerVersion"]).withConnection { _, _ in }
    }
    #expect(error?.code == .unsupported)
  }

  @Test(
    "Messages that are never answered, or never read, can be given up, and the connection ended",
    arguments: ["neverAnswers", "neverReads"]
  )
  func silent(lie: String) async throws {
    var peer = PeerProcess(arguments: ["lie", lie], ends: .outgoing)
    peer.limits.finishGrace = .milliseconds(100)
    peer.limits.waitingMessages = 20
    try await peer.withConnection { connector, plugin in
      var sending: [Task<[ConnectionError?], Never>] = []
      // Beyond the connector's credit of 10 and the 20 that may wait, all fail at once; when the credit comes only after that,
      // further ones take the room that it makes.
      repeat {
        sending.append(Task { await Self.send(connector, 100) })
        for _ in 0..<50 where !connector.isFull { try await Task.sleep(for: .milliseconds(2)) }
      } while !connector.isFull
      for batch in sending { batch.cancel() }
      for batch in sending {
        let errors = await batch.value
        #expect(errors.count == 100 && errors.allSatisfy { $0?.recoverable == true })
      }
      try await plugin.checkHealth()
    }
  }

  @Test("A connector that writes to standard error without end is answered and ended as any other")
  func shouting() async throws {
    var peer = PeerProcess(arguments: ["lie", "shouting"], ends: .outgoing)
    peer.limits.finishGrace = .milliseconds(100)
    try await peer.withConnection { connector, plugin in
      #expect(await Self.send(connector, 10).allSatisfy { $0 == nil })
      try await plugin.checkHealth()
    }
  }

  @Test("A connector without streams works by calls, whether it says so or not", arguments: [["calls"], ["lie", "noStream"]])
  func calls(arguments: [String]) async throws {
    try await PeerProcess(arguments: arguments, ends: .outgoing).withConnection { connector, _ in
      #expect(await Self.send(connector, 50).allSatisfy { $0 == nil })
      var message = Message(payload: [1])
      message.headers["do"] = "reject"
      let rejected = await #expect(throws: ConnectionError.self) { try await connector.send(message) }
      #expect(rejected?.code == .rejected)
      // What it does not have at all.
      #expect(await connector.validate(PeerProcess.configuration()).isEmpty)
      #expect(await connector.health() == .healthy)
      // It would be tried again for ever, and never taken.
      let large = await #expect(throws: ConnectionError.self) {
        try await connector.send(Message(payload: [UInt8](repeating: 1, count: 5 << 20)))
      }
      #expect(large?.code == .rejected && large?.recoverable == false)
    }
  }

  @Test("A connector may call the host as often at once as it likes, and waits for its turns")
  func manyCallsAtOnce() async throws {
    let journal = PeerJournal()
    var settings = journal.settings
    settings["talks"] = 500
    let entries = Mutex(0)
    var peer = PeerProcess()
    peer.host.log = { entry in
      if entry.message.hasPrefix("talks ") { entries.withLock { $0 += 1 } }
    }
    try await peer.withConnection(settings) { _, _ in }
    #expect(entries.withLock(\.self) == 500)
  }

  @Test("Calls that the host does not answer time out, also those that wait behind them, and the connector lives")
  func slowHost() async throws {
    let journal = PeerJournal()
    var settings = journal.settings
    settings["asks"] = 100
    let asked = Mutex(0)
    var peer = PeerProcess()
    peer.host.grantedSecrets = ["slow"]
    peer.host.secret = { _ in
      let number = asked.withLock { asked in
        asked += 1
        return asked
      }
      // As many as are under way at once.
      if number <= 64 { try await Task.sleep(for: .seconds(3600)) }
      return nil
    }
    try await peer.withConnection(settings) { connector, _ in
      #expect(await Self.send(connector, 1).allSatisfy { $0 == nil })
    }
    #expect(asked.withLock(\.self) == 100)
  }

  @Test("A Swift connector can be received from by calls too")
  func receivingByCalls() async throws {
    let journal = PeerJournal()
    var settings = journal.settings
    settings["count"] = 300
    let host = Accepting()
    var peer = PeerProcess(ends: .incoming)
    peer.limits.receiveWait = .milliseconds(500)
    try await peer.withConnection(settings) { connector, _ in
      connector.useCallsOnly()
      try await connector.receive(into: host.inbox)
    }
    #expect(host.ids.count == 300)
    #expect(journal.lines.filter { $0.hasPrefix("accepted") }.count == 300)
  }
}
