import FoundationEssentials
import GRPCCore
import Glibc
import GoPlugin
import GoPluginTesting
import Logging
import RopewalkTesting
import Testing

/// A real plugin, built with Debian's go-plugin, under the host of this library.
@Suite(.takesTurns(within: .seconds(600)), .enabled(if: Peers.areBuilt, "run scripts/build-go-plugins: the peers in Go are missing"))
struct GoPluginUnderSwiftHostTests {
  @Test("It starts, agrees on a version and answers", arguments: [PluginConfiguration.Security.mutualTLS, .plaintext])
  func starts(security: PluginConfiguration.Security) async throws {
    var configuration = Peers.configuration(Peers.goPlugin)
    configuration.security = security
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      #expect(plugin.protocolVersion == 3)
      try await plugin.checkHealth()
      #expect(try await EchoClient(plugin.client).unary([1, 2, 3]) == [1, 2, 3])
    }
  }

  @Test("Go's PINGs and resets do not end the connection, however many come")
  func traps() async throws {
    let least = (count: Peers.isSoak ? 12_000 : 450, time: Duration.seconds(Peers.isSoak ? 61 : 0))
    try await withPlugin(Peers.configuration(Peers.goPlugin), logger: Peers.quiet) { plugin async throws in
      let echo = EchoClient(plugin.client)
      let start = ContinuousClock.now
      var count = 0
      while count < least.count || ContinuousClock.now - start < least.time {
        #expect(try await echo.unary([UInt8(truncatingIfNeeded: count)]) == [UInt8(truncatingIfNeeded: count)])
        // The plugin ends this stream before the host does, and resets it.
        #expect(try await echo.first([1]) == [1])
        count += 1
      }
      let values = (0..<least.count).map { [UInt8(truncatingIfNeeded: $0)] }
      #expect(try await echo.stream(values) == values)
    }
  }

  @Test("Messages over one stream cost less than half of what as many unary calls do")
  func streamsAreCheaper() async throws {
    let values = (0..<200).map { [UInt8(truncatingIfNeeded: $0)] }
    try await withPlugin(Peers.configuration(Peers.goPlugin), logger: Peers.quiet) { plugin async throws in
      let echo = EchoClient(plugin.client)
      let clock = ContinuousClock()
      var least = (calls: Duration.seconds(600), stream: Duration.seconds(600))
      // Taken in turns, and the least of each: what else the machine does comes and goes.
      for _ in 0..<4 {
        let calls = try await clock.measure { () async throws in
          for value in values { #expect(try await echo.unary(value) == value) }
        }
        let stream = try await clock.measure { () async throws in #expect(try await echo.pipelined(values) == values) }
        least = (min(least.calls, calls), min(least.stream, stream))
      }
      #expect(least.stream < least.calls / 2, "\(values.count) calls take \(least.calls), over a stream \(least.stream)")
    }
  }

  @Test("Messages above gRPC's 4 MiB pass, and those above the limit do not")
  func largeMessages() async throws {
    var configuration = Peers.configuration(Peers.goPlugin)
    configuration.limits.messageLength = 8 << 20
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      let echo = EchoClient(plugin.client)
      let large = [UInt8](repeating: 7, count: 6 << 20)
      #expect(try await echo.unary(large) == large)
      await #expect(throws: RPCError.self) { try await echo.unary([UInt8](repeating: 7, count: 9 << 20)) }
      #expect(try await echo.unary([1]) == [1])
    }
  }

  @Test("It gets the protocol's variables and what is granted, and nothing of the host's")
  func environment() async throws {
    var configuration = Peers.configuration(Peers.goPlugin)
    configuration.environment = ["GRANTED": "yes", Echo.cookie.key: "cannot be replaced"]
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      let text = String(decoding: try await EchoClient(plugin.client).unary([], method: "Environment"), as: UTF8.self)
      let variables = Dictionary(
        uniqueKeysWithValues: text.split(separator: "\0").map { variable in
          let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
          return (String(parts[0]), String(parts[1]))
        }
      )
      #expect(
        Set(variables.keys) == [
          "GRANTED", "GOPLUGIN_TEST", "PLUGIN_PROTOCOL_VERSIONS", "PLUGIN_MIN_PORT", "PLUGIN_MAX_PORT", "PLUGIN_UNIX_SOCKET_DIR", "TMPDIR",
          "PLUGIN_CLIENT_CERT",
        ]
      )
      #expect(variables["GRANTED"] == "yes")
      #expect(variables["PLUGIN_PROTOCOL_VERSIONS"] == "3,1")
      let folder = try FileManager.default.attributesOfItem(atPath: variables["TMPDIR"] ?? "")
      #expect(folder[.posixPermissions] as? Int == 0o700)
    }
  }

  @Test("Its log lines keep their levels and fields, also those above 64 KB; those above 1 MiB what came before the cut")
  func log() async throws {
    let log = CapturedLog()
    try await withPlugin(Peers.configuration(Peers.goPlugin, "log"), logger: log.logger) { _ in }
    let structured = try #require(await log.first("a structured line"))
    #expect(structured.level == .warning)
    #expect(structured.metadata["module"] == "peer")
    #expect(structured.metadata["size"] == "42")
    #expect(structured.metadata["nested"] == ["deep": ["a", "b"]])
    let long = try #require(await log.first("a long line"))
    #expect(long.level == .error)
    #expect(long.metadata["text"] == "\(String(repeating: "x", count: 200 << 10))")
    let cut = try #require(await log.first("a line that is cut"))
    #expect(cut.level == .error)
    #expect(cut.metadata["module"] == "peer")
    #expect(cut.metadata["before"] == "42")
    #expect("\(cut.metadata["text"] ?? "")".utf8.count > 1_000_000)
    #expect(Int("\(cut.metadata["omitted"] ?? "")").map { $0 > 1 << 20 } == true)
    #expect(cut.metadata["then"] == nil)
    #expect(await log.first("[INFO] a plain line")?.level == .info)
  }

  @Test("What it prints on standard output comes over the connection, from plugins that send it so")
  func printed() async throws {
    let log = CapturedLog()
    try await withPlugin(Peers.configuration(Peers.goPlugin, "stdio"), logger: log.logger) { plugin async throws in
      let line = await log.first("a printed line")
      #expect(line?.level == .debug)
      #expect(line?.metadata["stream"] == "stdout")
      #expect(await log.first("[WARN] a warning")?.level == .warning)
      _ = await log.first("line 1000")
      #expect(log.all.map(\.message).filter { $0.hasPrefix("line ") } == (1...1000).map { "line \($0)" })
      try await plugin.checkHealth()
    }
  }

  @Test("The wrong cookie, a line before the handshake and an unknown version are clear errors")
  func refusals() async {
    var configuration = Peers.configuration(Peers.goPlugin)
    configuration.cookie.value = "wrong"
    await expect(.exitedEarly, showing: "This binary is a plugin", of: configuration)
    await expect(.unexpectedOutput, showing: "starting up, please wait", of: Peers.configuration(Peers.goPlugin, "print-first"))
    configuration = Peers.configuration(Peers.goPlugin)
    configuration.protocolVersions = [1]
    await expect(.unsupportedVersion, showing: "1|2|unix", of: configuration)
  }

  private func expect(_ code: GoPluginError.Code, showing text: String, of configuration: PluginConfiguration) async {
    let error = await #expect(throws: GoPluginError.self) {
      try await withPlugin(configuration, logger: Peers.quiet) { _ in }
    }
    #expect(error?.code == code)
    #expect(error?.output.contains(text) == true)
  }

  @Test("It calls back over the broker, and is called")
  func broker() async throws {
    var configuration = Peers.configuration(Peers.goPlugin)
    // This go-plugin does not know the host's certificate when it dials.
    configuration.security = .plaintext
    try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      let id = plugin.broker.nextID()
      try await plugin.broker.withServices([Echo()], id: id) { () async throws in
        let answer = try await EchoClient(plugin.client).unary([UInt8(id)], method: "CallBack")
        #expect(String(decoding: answer, as: UTF8.self) == "from the plugin")
      }
    }
    try await withPlugin(Peers.configuration(Peers.goPlugin), logger: Peers.quiet) { plugin async throws in
      _ = try await EchoClient(plugin.client).unary([9], method: "Offer")
      let answer = try await plugin.broker.withClient(id: 9) { try await EchoClient($0).unary([5]) }
      #expect(answer == [5])
    }
  }

  @Test("One with a certificate of its own calls back under mutual TLS")
  func brokerUnderMutualTLS() async throws {
    try await withPlugin(Peers.configuration(Peers.goPlugin, "own-certificate"), logger: Peers.quiet) { plugin async throws in
      let id = plugin.broker.nextID()
      try await plugin.broker.withServices([Echo()], id: id) { () async throws in
        let answer = try await EchoClient(plugin.client).unary([UInt8(id)], method: "CallBack")
        #expect(String(decoding: answer, as: UTF8.self) == "from the plugin")
      }
    }
  }

  @Test("A crash in a call fails the call, tells the exit, and does not harm the host")
  func crash() async throws {
    try await withPlugin(Peers.configuration(Peers.goPlugin), logger: Peers.quiet) { plugin async throws in
      await #expect(throws: RPCError.self) { try await EchoClient(plugin.client).unary([], method: "Crash") }
      #expect(try await plugin.exit() == .exited(code: 7))
      await #expect(throws: (any Error).self) { try await plugin.checkHealth() }
    }
  }

  @Test("One that does not end in time is killed")
  func grace() async throws {
    var configuration = Peers.configuration(Peers.goPlugin)
    configuration.limits.stopGrace = .milliseconds(200)
    let (pid, start) = try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      kill(plugin.pid, SIGSTOP)
      return (plugin.pid, ContinuousClock.now)
    }
    #expect(kill(pid, 0) == -1)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test("A host whose task is cancelled kills it at once")
  func cancelled() async throws {
    var configuration = Peers.configuration(Peers.goPlugin)
    configuration.limits.stopGrace = .seconds(60)
    let log = CapturedLog()
    let (started, writer) = AsyncStream.makeStream(of: Int32.self)
    let pid = await withThrowingTaskGroup(of: Void.self) { [configuration] group in
      group.addTask {
        try await withPlugin(configuration, logger: log.logger) { plugin async throws in
          kill(plugin.pid, SIGSTOP)
          writer.yield(plugin.pid)
          try await Task.sleep(for: .seconds(60))
        }
      }
      let pid = await started.first { _ in true }
      group.cancelAll()
      await #expect(throws: CancellationError.self) { try await group.waitForAll() }
      return pid
    }
    #expect(kill(try #require(pid), 0) == -1)
  }

  @Test("What runs already is reached in plaintext and lives on; what has ended is not mistaken")
  func reattach() async throws {
    var configuration = Peers.configuration(Peers.goPlugin)
    configuration.security = .plaintext
    let ended = try await withPlugin(configuration, logger: Peers.quiet) { plugin async throws in
      let reattachment = try #require(plugin.reattachment)
      try await withReattachedPlugin(reattachment, logger: Peers.quiet) { same async throws in
        #expect(same.protocolVersion == 3)
        #expect(try await EchoClient(same.client).unary([4]) == [4])
      }
      try await plugin.checkHealth()
      return reattachment
    }
    let error = await #expect(throws: GoPluginError.self) {
      try await withReattachedPlugin(ended, logger: Peers.quiet) { _ in }
    }
    #expect(error?.code == .notRunning)
  }
}
