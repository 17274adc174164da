import FoundationEssentials
import Glibc
import GoPluginTesting
import RopewalkCore
import RopewalkTesting
import Testing

@testable import GoPlugin
@testable import RopewalkProcess

/// Plugins under go-plugin's protocol, in a sandbox.
@Suite(.takesTurns, .enabled("this machine allows no sandbox") { await Captive.support.isAvailable })
struct SandboxedPluginTests {
  private func configuration(_ executable: String, _ arguments: String...) -> PluginConfiguration {
    var configuration = PluginConfiguration(executable: executable, cookie: Echo.cookie, protocolVersions: [1, 3])
    configuration.arguments = arguments
    return configuration
  }

  private func withSandboxed<Result: Sendable>(
    _ configuration: PluginConfiguration,
    in spec: SandboxSpec = SandboxSpec(),
    _ body: (Plugin) async throws -> Result
  ) async throws -> Result {
    try await withSandbox(spec, support: Captive.support, logger: Captive.quiet) { sandbox in
      var configuration = configuration
      configuration.enclosure = sandbox.enclosure
      return try await withPlugin(configuration, logger: Captive.quiet, body)
    }
  }

  @Test("A Swift plugin with its shared libraries answers, calls back and is called", arguments: [true, false])
  func swift(isSecure: Bool) async throws {
    var configuration = configuration(Captive.plugin, "plugin")
    configuration.security = isSecure ? .mutualTLS : .plaintext
    try await withSandboxed(configuration) { plugin async throws in
      let echo = EchoClient(plugin.client)
      #expect(try await echo.stream([[1], [2]]) == [[1], [2]])
      let id = plugin.broker.nextID()
      try await plugin.broker.withServices([Echo()], id: id) { () async throws in
        #expect(try await echo.unary([UInt8(id)], method: "CallBack") == Array("from the plugin".utf8))
      }
      _ = try await echo.unary([9], method: "Offer")
      #expect(try await plugin.broker.withClient(id: 9) { try await EchoClient($0).unary([5]) } == [5])
      #expect(plugin.reattachment == nil)
    }
  }

  @Test("With all connections in the one it calls back and is called, and no socket of the host is shown to it", arguments: [true, false])
  func multiplexing(isSecure: Bool) async throws {
    var configuration = configuration(Captive.plugin, "plugin")
    configuration.security = isSecure ? .mutualTLS : .plaintext
    configuration.brokerMultiplexing = true
    let connections = Count()
    try await withoutHostSockets(configuration, connections) { plugin async throws in
      let echo = EchoClient(plugin.client)
      for _ in 0..<3 {
        let id = plugin.broker.nextID()
        try await plugin.broker.withServices([Echo()], id: id) { () async throws in
          #expect(try await echo.unary([UInt8(id)], method: "CallBack") == Array("from the plugin".utf8))
        }
      }
      _ = try await echo.unary([9], method: "Offer")
      #expect(try await plugin.broker.withClient(id: 9) { try await EchoClient($0).unary([5]) } == [5])
      try await plugin.checkHealth()
    }
    #expect(connections.value == 1)
  }

  @Test("With a socket for each connection it cannot call back where none of the host's is shown to it")
  func noHostSockets() async throws {
    let connections = Count()
    try await withoutHostSockets(configuration(Captive.plugin, "plugin"), connections) { plugin async throws in
      let echo = EchoClient(plugin.client)
      let id = plugin.broker.nextID()
      _ = try await plugin.broker.withServices([Echo()], id: id) { () async throws in
        await #expect(throws: (any Error).self) { _ = try await echo.unary([UInt8(id)], method: "CallBack") }
      }
      _ = try await echo.unary([9], method: "Offer")
      #expect(try await plugin.broker.withClient(id: 9) { try await EchoClient($0).unary([5]) } == [5])
    }
    #expect(connections.value == 2)
  }

  /// Starts a plugin that is shown nothing of the host's sockets, and counts the connections to its own.
  private func withoutHostSockets(
    _ configuration: PluginConfiguration,
    _ connections: Count,
    _ body: (Plugin) async throws -> Void
  ) async throws {
    try await withSandbox(SandboxSpec(), support: Captive.support, logger: Captive.quiet) { sandbox in
      var configuration = configuration
      configuration.enclosure = PluginEnclosure(
        socketDirectory: sandbox.enclosure.socketDirectory,
        enclose: { command, _ in try sandbox.enclose(command, hostSockets: nil) },
        connect: { path in
          connections.add()
          return try sandbox.connect(to: path)
        }
      )
      try await withPlugin(configuration, logger: Captive.quiet, body)
    }
  }

  @Test(
    "So does one in Go",
    .enabled(if: FileManager.default.isExecutableFile(atPath: Captive.goPlugin), "run scripts/build-go-plugins")
  )
  func go() async throws {
    try await withSandboxed(configuration(Captive.goPlugin)) { plugin async throws in
      #expect(try await EchoClient(plugin.client).unary([1, 2, 3]) == [1, 2, 3])
    }
  }

  @Test("One that does not start says why")
  func failing() async throws {
    let error = await #expect(throws: GoPluginError.self) {
      try await withSandboxed(configuration("/bin/sh", "-c", "cat /etc/shadow; exit 3")) { _ in }
    }
    #expect(error?.code == .exitedEarly)
    #expect(error?.output.contains("/etc/shadow: No such file") == true)
  }

  @Test(
    "A socket that it names beside its own folder is not connected to",
    arguments: ["/run/other.sock", "/tmp/../run/other.sock", "/tmp/link", "/tmp/absent"]
  )
  func lyingAboutItsSocket(path: String) async throws {
    var configuration = configuration("/bin/sh", "-c", "ln -s /run/other.sock /tmp/link; echo '1|1|unix|\(path)|grpc'; sleep 60")
    configuration.security = .plaintext
    let error = await #expect(throws: GoPluginError.self) { try await withSandboxed(configuration) { _ in } }
    #expect(error?.code == .connectionFailed)
  }

  @Test(
    "What it has started ends with it, in whatever session it is",
    .enabled(if: FileManager.default.isExecutableFile(atPath: Captive.goPlugin), "run scripts/build-go-plugins")
  )
  func sessions() async throws {
    let sleepers = Sleepers()
    defer { sleepers.end() }
    var spec = SandboxSpec()
    spec.readOnly = [String(Captive.goPlugin.dropLast("/plugin".count))]
    let script = "setsid \(sleepers.command) & \(sleepers.command) & exec \(Captive.goPlugin)"
    try await withSandboxed(configuration("/bin/sh", "-c", script), in: spec) { plugin async throws in
      #expect(try await EchoClient(plugin.client).unary([1]) == [1])
      try await Processes.wait("it has started both") { sleepers.pids.count == 2 }
    }
    try await Processes.wait("both are gone") { sleepers.pids.isEmpty }
  }

  @Test("Nothing that it has started outlives a host that is killed, in whatever session it is")
  func killedHost() async throws {
    let sleepers = Sleepers()
    defer { sleepers.end() }
    try await withHost(connector: "setsid \(sleepers.command) & \(sleepers.command) & \(sleepers.command)") { host async throws in
      try await Processes.wait("it has started three") { sleepers.pids.count == 3 }
      #expect(host.signal(SIGKILL))
    }
    try await Processes.wait("all are gone") { sleepers.pids.isEmpty }
  }

  @Test("The private folders of a host that is killed are gone once another has started a plugin")
  func foldersOfAKilledHost() async throws {
    let sleepers = Sleepers()
    defer { sleepers.end() }
    let folders = try await withHost(connector: "exec \(sleepers.command)") { host async throws in
      try await Processes.wait("it has started one") { sleepers.pids.count == 1 }
      let owned = Self.folders(ownedBy: host.pid)
      #expect(host.signal(SIGKILL))
      _ = try await host.exit()
      return owned
    }
    // The one for the sockets, and the one for what stands in the sandbox's /etc.
    #expect(Set(folders.map { $0.dropLast("XXXXXX".count) }) == ["/tmp/gp-", "/tmp/ropewalk-"], "\(folders)")
    try await withSandboxed(configuration(Captive.plugin, "plugin")) { _ in }
    // Another test may be at the same just now.
    try await Processes.wait("all are gone") { folders.allSatisfy { access($0, F_OK) != 0 } }
  }

  /// Runs an integration with a connector that says no handshake, so that its host waits for that.
  private func withHost<Result: Sendable>(
    connector script: String,
    _ body: (PluginProcess) async throws -> Result
  ) async throws -> Result {
    try await Folder.with { folder in
      let file = try folder.write(
        "orders.yaml",
        """
        integration:
          id: orders
          customer: acme
          incoming: { type: timer, config: { interval: 1h } }
          outgoing: { type: mail, command: [sh, -c, "\(script)"] }
        """
      )
      let command = PluginCommand(
        executable: Processes.ropewalk,
        arguments: ["run", file, "--data-dir", folder.path + "/data"],
        environment: ["PATH": "/usr/bin:/bin"]
      )
      return try await Captive.run(command) { host, _ async throws in try await body(host) }
    }
  }

  /// The private folders whose locks a process holds.
  private static func folders(ownedBy pid: Int32) -> [String] {
    SmallFile.names(in: "/proc/\(pid)/fd").compactMap { FileKind.destination(ofLinkAt: "/proc/\(pid)/fd/\($0)") }
      .filter { $0.hasSuffix("/" + OwnerLock.fileName) }
      .map { String($0.dropLast(OwnerLock.fileName.count + 1)) }
  }

  @Test("A killed one is seen to end, and its sandbox is gone")
  func killing() async throws {
    let sockets = "/tmp/ropewalk-test-\(getpid())"
    mkdir(sockets, 0o700)
    defer { rmdir(sockets) }
    var configuration = configuration(Captive.plugin, "plugin")
    configuration.socketDirectory = sockets
    let files = try await withSandbox(SandboxSpec(), support: Captive.support, logger: Captive.quiet) { sandbox in
      configuration.enclosure = sandbox.enclosure
      try await withPlugin(configuration, logger: Captive.quiet) { plugin async throws in
        #expect(SmallFile.names(in: sockets).count == 1)
        #expect(await plugin.kill() == .signalled(9))
      }
      return sandbox.madeFiles.folder
    }
    #expect(SmallFile.names(in: sockets) == [])
    #expect(access(files, F_OK) != 0)
  }
}
