import FoundationEssentials
import RopewalkTesting
import Testing

@testable import GoPlugin

@Suite(.takesTurns)
struct StartFailureTests {
  private func failure(_ configuration: PluginConfiguration) async -> GoPluginError? {
    await #expect(throws: GoPluginError.self) {
      try await withPlugin(configuration, logger: Peers.quiet) { _ in Issue.record("a broken plugin has started") }
    }
  }

  private func file(_ bytes: [UInt8], mode: Int = 0o755, _ body: (String) async throws -> Void) async throws {
    let path = "\(FileManager.default.temporaryDirectory.path)/goplugin-\(UUID().uuidString)"
    try Data(bytes).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    try await body(path)
  }

  @Test("A plugin that ends shows how, and what it printed")
  func exits() async {
    let error = await failure(Peers.script("echo why >&2; exit 3"))
    #expect(error?.code == .exitedEarly)
    #expect(error?.message.contains("code 3") == true)
    #expect(error?.output == "standard error:\nwhy")
    #expect(await failure(Peers.script("kill -9 $$"))?.message.contains("signal 9") == true)
  }

  @Test("A plugin that prints before its handshake is told so, with what it printed")
  func printsFirst() async {
    let error = await failure(Peers.script("echo welcome; echo '1|3|unix|/tmp/x|grpc'; sleep 60"))
    #expect(error?.code == .unexpectedOutput)
    #expect(error?.output.contains("welcome") == true)
  }

  @Test("A plugin that hangs is stopped in time, whether or not it closes its output", arguments: ["sleep 60", "exec >&-; sleep 60"])
  func hangs(script: String) async {
    var configuration = Peers.script(script)
    configuration.limits.startTimeout = .milliseconds(300)
    #expect(await failure(configuration)?.code == .startTimedOut)
  }

  @Test("A plugin that floods its output is stopped, and the error is short", arguments: ["yes | tr -d '\\n'", "yes"])
  func floods(script: String) async throws {
    let error = try #require(await failure(Peers.script(script)))
    #expect(error.code == .unexpectedOutput)
    #expect(error.output.utf8.count < 6000)
  }

  @Test("A plugin that floods standard error is stopped in time, and the error is short")
  func floodsErrors() async throws {
    var configuration = Peers.script("yes >&2")
    configuration.limits.startTimeout = .milliseconds(300)
    let error = try #require(await failure(configuration))
    #expect(error.code == .startTimedOut)
    #expect(error.output.utf8.count < 6000)
  }

  @Test(
    "A handshake that the host cannot use is refused",
    arguments: [
      ("1|9|unix|/tmp/x|grpc", GoPluginError.Code.unsupportedVersion), ("2|3|unix|/tmp/x|grpc", .unsupportedProtocol),
      ("1|3|unix|/tmp/x|netrpc", .unsupportedProtocol), ("1|3|unix|/tmp/x|grpc", .insecure), ("1|3|udp|/tmp/x|grpc", .malformedHandshake),
      ("1|3|unix|/tmp/x|grpc|\(String(repeating: "A", count: 60))", .malformedHandshake),
    ]
  )
  func handshakes(line: String, code: GoPluginError.Code) async {
    let error = await failure(Peers.script("echo '\(line)'; sleep 60"))
    #expect(error?.code == code)
    #expect(error?.output.contains(line) == true)
  }

  @Test("A socket where nobody listens is a failure of the connection")
  func nobodyListens() async {
    var configuration = Peers.script("echo '1|3|unix|/nonexistent/socket|grpc'; sleep 60")
    configuration.security = .plaintext
    #expect(await failure(configuration)?.code == .connectionFailed)
  }

  @Test("A plugin that takes the connection and does not answer is stopped in time")
  func silent() async throws {
    try await FakeServer.run(greeting: []) { path in
      var configuration = Peers.script("echo '1|3|unix|\(path)|grpc'; sleep 60")
      configuration.security = .plaintext
      configuration.limits.startTimeout = .milliseconds(500)
      #expect(await failure(configuration)?.code == .startTimedOut)
    }
  }

  @Test("A plugin that speaks something else than HTTP/2, or than TLS, is a failure of the connection")
  func garbage() async throws {
    try await FakeServer.run(greeting: [UInt8](repeating: 0x61, count: 4096)) { path in
      var configuration = Peers.script("echo '1|3|unix|\(path)|grpc'; sleep 60")
      configuration.security = .plaintext
      #expect(await failure(configuration)?.code == .connectionFailed)
      let identity = try EphemeralIdentity()
      let line = HandshakeLine(protocolVersion: 3, address: .unix(path: path), certificate: identity.certificateDER)
      let error = await failure(Peers.script("echo '\(line.text)'; sleep 60"))
      #expect(error?.code == .connectionFailed)
      #expect(error?.message.contains("SSL") == true)
    }
  }

  @Test("Files that cannot be started are explained")
  func notExecutable() async throws {
    let missing = await failure(Peers.configuration("/nonexistent/plugin"))
    #expect(missing?.code == .notExecutable)
    #expect(missing?.message.contains("there is no plugin") == true)
    try await file(Array("#!/nonexistent/interpreter\n".utf8)) { path in
      #expect(await failure(Peers.configuration(path))?.message.contains("interpreter") == true)
    }
    try await file(Array("#!/bin/sh\n".utf8), mode: 0o644) { path in
      #expect(await failure(Peers.configuration(path))?.message.contains("permission") == true)
    }
    try await file([0x7f] + Array("ELF another machine".utf8)) { path in
      #expect(await failure(Peers.configuration(path))?.message.contains("architecture") == true)
    }
    #expect(await failure(Peers.configuration("/tmp"))?.code == .notExecutable)
  }

  @Test("A cancelled start leaves no process")
  func cancelled() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        await #expect(throws: CancellationError.self) {
          try await withPlugin(Peers.script("sleep 60"), logger: Peers.quiet) { _ in }
        }
      }
      group.cancelAll()
    }
  }

  @Test("Without a version there is nothing to start")
  func noVersion() async {
    var configuration = Peers.script("true")
    configuration.protocolVersions = []
    #expect(await failure(configuration)?.code == .invalidConfiguration)
  }
}
