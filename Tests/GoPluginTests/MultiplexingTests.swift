import FoundationEssentials
import GRPCCore
import Glibc
import GoPluginTesting
import Logging
import RopewalkTesting
import Testing

@testable import GoPlugin

/// The broker's connections inside the one: this library on both sides, and against peers in Go on Go's own yamux that do
/// what go-plugin 1.6 does.
@Suite(.takesTurns(within: .seconds(600)))
struct MultiplexingTests {
  private static let securities = [PluginConfiguration.Security.mutualTLS, .plaintext]

  private static func configuration(_ executable: String, _ arguments: String..., security: PluginConfiguration.Security)
    -> PluginConfiguration
  {
    var configuration = Peers.configuration(executable)
    configuration.arguments = arguments
    configuration.security = security
    configuration.brokerMultiplexing = true
    return configuration
  }

  /// Drives a plugin over its main connection and over the broker in both directions.
  private static func drive(_ configuration: PluginConfiguration, isMultiplexed: Bool = true) async throws {
    let directory = try PrivateDirectory(under: "/tmp")
    defer { directory.remove() }
    var configuration = configuration
    configuration.socketDirectory = directory.path
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      let echo = EchoClient(plugin.client)
      #expect(try await echo.unary([1, 2, 3]) == [1, 2, 3])
      // Many windows' worth, in both directions.
      let large = [UInt8](repeating: 7, count: 6 << 20)
      #expect(try await echo.unary(large) == large)
      #expect(plugin.reattachment == nil || !isMultiplexed)

      _ = try await echo.unary([9], method: "Offer")
      try await plugin.broker.withClient(id: 9) { other async throws in
        // Four MiB is what both libraries take there.
        #expect(try await EchoClient(other).unary(Array(large.prefix(3 << 20))) == Array(large.prefix(3 << 20)))
        #expect(try await EchoClient(other).stream([[1], [2]]) == [[1], [2]])
      }
      // The plugin serves on, and is reached again.
      if isMultiplexed { #expect(try await plugin.broker.withClient(id: 9) { try await EchoClient($0).unary([5]) } == [5]) }

      for _ in 0..<20 {
        let id = plugin.broker.nextID()
        try await plugin.broker.withServices([Echo()], id: id) { () async throws in
          #expect(try await echo.unary([UInt8(id)], method: "CallBack") == Array("from the plugin".utf8))
        }
      }
      try await plugin.checkHealth()
    }
  }

  @Test("A Swift plugin under the Swift host", arguments: securities)
  func swift(security: PluginConfiguration.Security) async throws {
    try await Self.drive(Self.configuration(Peers.swiftPeer, "plugin", security: security))
  }

  @Test(
    "A Go plugin under the Swift host",
    .enabled(if: Peers.areBuilt, "run scripts/build-go-plugins: the peers in Go are missing"),
    arguments: securities
  )
  func goPlugin(security: PluginConfiguration.Security) async throws {
    try await Self.drive(Self.configuration(Peers.goPlugin, "multiplexed", security: security))
  }

  @Test(
    "A plugin built with a go-plugin that does not multiplex is reached over sockets",
    .enabled(if: Peers.areBuilt, "run scripts/build-go-plugins: the peers in Go are missing")
  )
  func fallback() async throws {
    // This go-plugin does not know the host's certificate when it dials.
    try await Self.drive(Self.configuration(Peers.goPlugin, security: .plaintext), isMultiplexed: false)
    try await Self.drive(Self.configuration(Peers.goPlugin, "own-certificate", security: .mutualTLS), isMultiplexed: false)
  }

  @Test("Many dial at once, each gets what it has asked for", arguments: securities)
  func atOnce(security: PluginConfiguration.Security) async throws {
    try await withPlugin(Self.configuration(Peers.swiftPeer, "plugin", security: security), logger: Peers.quiet) { plugin async throws in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 1...UInt8(16) {
          group.addTask {
            _ = try await EchoClient(plugin.client).unary([100 + number], method: "Offer")
            let answer = try await plugin.broker.withClient(id: UInt32(100 + number)) { try await EchoClient($0).unary([number]) }
            #expect(answer == [number])
          }
          group.addTask {
            let id = plugin.broker.nextID()
            try await plugin.broker.withServices([Echo()], id: id) { () async throws in
              #expect(try await EchoClient(plugin.client).unary([UInt8(id)], method: "CallBack") == Array("from the plugin".utf8))
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("Dialling what nobody serves fails in time, and does not harm the next")
  func unserved() async throws {
    var configuration = Self.configuration(Peers.swiftPeer, "plugin", security: .mutualTLS)
    configuration.limits.brokerTimeout = .milliseconds(300)
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      let error = await #expect(throws: GoPluginError.self) {
        try await plugin.broker.withClient(id: 77) { _ in }
      }
      #expect(error?.code == .brokerTimedOut)
      _ = try await EchoClient(plugin.client).unary([9], method: "Offer")
      #expect(try await plugin.broker.withClient(id: 9) { try await EchoClient($0).unary([5]) } == [5])
    }
  }

  @Test("Connections beyond the limit are refused, and there is room again when one closes")
  func limit() async throws {
    var configuration = Self.configuration(Peers.swiftPeer, "plugin", security: .plaintext)
    configuration.limits.multiplexedConnections = 2
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      _ = try await EchoClient(plugin.client).unary([9], method: "Offer")
      try await plugin.broker.withClient(id: 9) { other async throws in
        #expect(try await EchoClient(other).unary([5]) == [5])
        let error = await #expect(throws: GoPluginError.self) { try await plugin.broker.withClient(id: 9) { _ in } }
        #expect(error?.code == .brokerFull)
      }
    }
  }

  @Test(
    "Connections that are closed give their room back, whoever has made them",
    .enabled(if: Peers.areBuilt, "run scripts/build-go-plugins: the peers in Go are missing"),
    arguments: [[Peers.swiftPeer, "plugin"], [Peers.goPlugin, "multiplexed"]]
  )
  func room(command: [String]) async throws {
    let configuration = Self.configuration(command[0], command[1], security: .plaintext)
    // More than may be open at once, on either side.
    let count = configuration.limits.multiplexedConnections + 44
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      let echo = EchoClient(plugin.client)
      _ = try await echo.unary([9], method: "Offer")
      for _ in 0..<count {
        #expect(try await plugin.broker.withClient(id: 9) { try await EchoClient($0).unary([5]) } == [5])
      }
      try await plugin.broker.withServices([Echo()], id: 1) { () async throws in
        for _ in 0..<count { _ = try await echo.unary([1], method: "CallBack") }
      }
    }
  }

  @Test("It ends in time when asked to, and is not healthy once killed")
  func ends() async throws {
    let log = CapturedLog()
    let configuration = Self.configuration(Peers.swiftPeer, "plugin", security: .mutualTLS)
    let start = try await withPlugin(configuration, logger: log.logger) { _ in ContinuousClock.now }
    #expect(ContinuousClock.now - start < .seconds(4))
    #expect(!log.all.contains { $0.message.contains("killed") })
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      await plugin.kill()
      await #expect(throws: RPCError.self) { try await plugin.checkHealth() }
    }
  }

  @Test("A plugin takes one connection, and ends when it is gone", arguments: ["1", "true"])
  func oneConnection(word: String) async throws {
    let variables = ["GOPLUGIN_TEST=cookie", "PLUGIN_PROTOCOL_VERSIONS=3", "PLUGIN_MULTIPLEX_GRPC=\(word)"]
    try await Program.start("/usr/bin/env", variables + [Peers.swiftPeer, "plugin"]) { process, lines async throws in
      let handshake = try HandshakeLine(parsing: try #require(await lines.first { _ in true }))
      #expect(handshake.supportsMultiplexing)
      let first = Multiplexer(role: .client, limits: HostLimits())
      try await first.connect(to: handshake.address, through: nil, failure: ConnectionFailure())
      let (ended, writer) = AsyncStream.makeStream(of: Void.self)
      let second = Multiplexer(role: .client, limits: HostLimits()) { writer.finish() }
      try await second.connect(to: handshake.address, through: nil, failure: ConnectionFailure())
      for await _ in ended {}
      #expect(process.status == nil)
      first.close()
      #expect(try await process.exit() == .exited(code: 0))
    }
  }

  @Test(
    "What breaks the rules of yamux is a clear error, and so is a flood of pings whose answers nobody reads",
    arguments: [
      (Array("HTTP/1.1 400 Bad Request\r\n".utf8), 1, "version 72"),
      ([0, 2, 0, 1] + [UInt8](repeating: 0, count: 8), 100_000, "reads none"),
    ]
  )
  func violations(frame: [UInt8], count: Int, what: String) async throws {
    try await FakeServer.run(greeting: Array(repeatElement(frame, count: count).joined()), reads: false) { path in
      var configuration = Peers.script("echo '1|3|unix|\(path)|grpc||true'; sleep 60")
      configuration.security = .plaintext
      configuration.brokerMultiplexing = true
      let refused = configuration
      let error = await #expect(throws: GoPluginError.self) {
        try await withPlugin(refused, logger: Peers.quiet) { _ in }
      }
      #expect(error?.code == .connectionFailed)
      #expect(error?.message.contains(what) == true, "\(error?.message ?? "")")
    }
  }
}
