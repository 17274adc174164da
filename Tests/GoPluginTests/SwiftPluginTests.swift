import FoundationEssentials
import GRPCCore
import GoPluginTesting
import Logging
import RopewalkTesting
import Testing

@testable import GoPlugin

/// A Swift plugin, under this library's host and under Go's.
@Suite(.takesTurns)
struct SwiftPluginTests {
  @Test("It answers under the host of this library", arguments: [PluginConfiguration.Security.mutualTLS, .plaintext])
  func underSwift(security: PluginConfiguration.Security) async throws {
    var configuration = Peers.configuration(Peers.swiftPeer, "plugin")
    configuration.security = security
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      #expect(plugin.protocolVersion == 3)
      let echo = EchoClient(plugin.client)
      #expect(try await echo.stream([[1], [2]]) == [[1], [2]])
      let id = plugin.broker.nextID()
      try await plugin.broker.withServices([Echo()], id: id) { () async throws in
        #expect(try await echo.unary([UInt8(id)], method: "CallBack") == Array("from the plugin".utf8))
      }
      _ = try await echo.unary([9], method: "Offer")
      #expect(try await plugin.broker.withClient(id: 9) { try await EchoClient($0).unary([5]) } == [5])
    }
  }

  @Test("What it prints and logs reaches the host's log")
  func output() async throws {
    let log = CapturedLog()
    try await withPlugin(Peers.configuration(Peers.swiftPeer, "plugin"), logger: log.logger) { plugin async throws in
      _ = try await EchoClient(plugin.client).unary(Array("printed".utf8), method: "Print")
      #expect(await log.first("printed")?.metadata["stream"] == "stdout")
      let serving = await log.first("serving")
      #expect(serving?.level == .info)
      #expect(serving?.metadata["version"] == "3")
    }
  }

  @Test("It ends by itself when asked to, well before it would be killed")
  func ends() async throws {
    let log = CapturedLog()
    let start = try await withPlugin(Peers.configuration(Peers.swiftPeer, "plugin"), logger: log.logger) { _ in ContinuousClock.now }
    #expect(ContinuousClock.now - start < .seconds(4))
    #expect(!log.all.contains { $0.message.contains("killed") })
  }

  @Test("Killed, it leaves no folder behind")
  func folders() async throws {
    let directory = try PrivateDirectory(under: "/tmp")
    defer { directory.remove() }
    var configuration = Peers.configuration(Peers.swiftPeer, "plugin")
    configuration.socketDirectory = directory.path
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      #expect(try FileManager.default.subpathsOfDirectory(atPath: directory.path).count > 2)
      await plugin.kill()
    }
    #expect(try FileManager.default.subpathsOfDirectory(atPath: directory.path) == [OwnerLock.fileName])
  }

  @Test("Killed, it is not healthy, at the end of its connection and after it")
  func healthAfterTheEnd() async throws {
    try await withPlugin(Peers.configuration(Peers.swiftPeer, "plugin"), logger: Peers.quiet) { plugin async throws in
      await plugin.kill()
      for _ in 0..<20 {
        await #expect(throws: RPCError.self) { try await plugin.checkHealth() }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  @Test("Started by hand it says what it is")
  func byHand() async {
    var configuration = Peers.configuration(Peers.swiftPeer, "plugin")
    configuration.cookie.value = "wrong"
    let error = await #expect(throws: GoPluginError.self) {
      try await withPlugin(configuration, logger: Peers.quiet) { _ in }
    }
    #expect(error?.code == .exitedEarly)
    #expect(error?.output.contains("to be started by its host") == true)
  }

  @Test(
    "A host in Go drives it through more PINGs and resets than SwiftNIO allows, large messages and the broker",
    .enabled(if: Peers.areBuilt, "run scripts/build-go-plugins: the peers in Go are missing"),
    arguments: [true, false],
    [[], ["-multiplex"]]
  )
  func underGo(tls: Bool, multiplexing: [String]) async throws {
    let calls = Peers.isSoak ? 12_000 : 400
    let report = try await Program.run(
      Peers.goHost,
      multiplexing + ["-tls=\(tls)", "-calls", "\(calls)", "-seconds", Peers.isSoak ? "70" : "0", Peers.swiftPeer, "plugin"]
    )
    #expect(
      report.output == """
        version 3
        unary \(calls)
        streams \(calls)
        large true
        printed 1 "printed\\n"
        dialled
        called back from the plugin
        ended true true

        """
    )
    #expect(report.status == .exited(code: 0))
  }
}
