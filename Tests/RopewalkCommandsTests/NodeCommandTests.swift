import Foundation
import RopewalkCore
import RopewalkTesting
import Subprocess
import SystemPackage
import Testing

@testable import RopewalkNATS

@Suite(.enabled(if: NATSServer.executable != nil, Comment(rawValue: NATSServer.missing)), .takesTurns(within: .seconds(120)))
struct NodeCommandTests {
  /// One that only takes messages has nothing else by which it would notice; it must not refuse them for ever.
  @Test func anIncomingNodeEndsWhenItsCredentialsAreRevoked() async throws {
    func line(_ token: String) -> String { "authorization { token: \"\(token)\" }" }
    try await NATSServer.run(.init(lines: [line("let-me-in")])) { server in
      try await Folder.with { folder in
        let port = try folder.declareWebhook(
          endpoint: "/in",
          """
          outgoing: { type: file, config: { path: out.jsonl } }
          """
        )
        try folder.write("token", "let-me-in")
        let status = try await Self.ended(
          ["--role", "incoming", "--nats", server.url, "--nats-token-file", "token", "orders.yaml"],
          in: folder
        ) {
          try await HTTP.waitForListener(on: port)
          let configuration = try String(contentsOfFile: server.folder + "/server.conf", encoding: .utf8)
          _ = try server.file("server.conf", configuration.replacingOccurrences(of: line("let-me-in"), with: line("revoked")))
          server.kill()
          try await server.start()
        }
        let errors = folder.lines(of: "standard-error.log").joined(separator: "\n")
        if case .exited(0) = status { Issue.record("the node ended as if all were well") }
        #expect(errors.contains("lets us in no more"), "\(errors)")
      }
    }
  }

  /// It would settle nothing, and nobody would hear of it.
  @Test func aNodeThatCannotReadTheLedgerEnds() async throws {
    try await NATSServer.run { server in
      try await Folder.with { folder in
        let port = try folder.declareWebhook(
          endpoint: "/in",
          """
          outgoing: { type: file, config: { path: out.jsonl } }
          """
        )
        let status = try await Self.ended(["--role", "incoming", "--nats", server.url, "orders.yaml"], in: folder) {
          try await HTTP.waitForListener(on: port)
          let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
          defer { connection.close() }
          // A newer version's.
          let record = NATSOutgoing(TenantNames(tenant: "default").settled, payload: [99])
          _ = try await JetStreamPublisher(connection).publish(record)
        }
        let errors = folder.lines(of: "standard-error.log").joined(separator: "\n")
        if case .exited(0) = status { Issue.record("the node ended as if all were well") }
        #expect(errors.contains("written by another version"), "\(errors)")
      }
    }
  }

  /// Runs a node until it ends by itself of what `body` does. What it says is in `standard-error.log`.
  private static func ended(_ arguments: [String], in folder: Folder, _ body: () async throws -> Void) async throws -> TerminationStatus {
    let log = try FileDescriptor.open(
      FilePath(folder.path).appending("standard-error.log"),
      .writeOnly,
      options: [.create, .truncate],
      permissions: .ownerReadWrite
    )
    let result = try await Subprocess.run(
      .path(FilePath(Ropewalk.binary)),
      arguments: Arguments(["node"] + arguments),
      workingDirectory: FilePath(folder.path),
      input: .none,
      output: .discarded,
      error: .fileDescriptor(log, closeAfterSpawningProcess: true)
    ) { execution in
      do {
        try await body()
      } catch {
        try? execution.send(signal: .kill)
        throw error
      }
    }
    return result.terminationStatus
  }

  /// The node that ran a guest has kept its code, and runs it again when a replay asks for that version.
  @Test func replaysInAnEarlierVersionOnTheNodeThatHasIt() async throws {
    try await NATSServer.run { server in
      try await Folder.with { folder in
        let port = try folder.declareWebhook(
          endpoint: "/in",
          """
          steps:
            - converter: { name: check, type: wasm, source: ./check.ts, config: { capabilities: [RaiseError] } }
          outgoing: { type: file, config: { path: ./out.txt } }
          """
        )
        try folder.write(
          "check.ts",
          """
          export function process(order: Message): Message {
            if (order.total === undefined) ropewalk.raiseError("NO_TOTAL", "there is no total");
            return { ...order, checked: true };
          }
          """
        )
        let cluster = ["--nats", server.url]
        var letter: JSON = .null
        try await Ropewalk.serving(["orders.yaml"], command: "node", options: cluster, ports: [port], in: folder) {
          #expect(try await HTTP.post(#"{"number":1}"#, to: "http://127.0.0.1:\(port)/in").status == 202)
          letter = try await Ropewalk.deadLetters(1, "--nats", server.url, in: folder)[0]
        }
        try folder.write("check.ts", "export function process(order: Message): Message { throw new Error('worse'); }\n")
        try folder.write("fixed.json", #"{"total":9}"#)
        let id = try #require(letter["id"]?.string)
        let version = try #require(letter["pluginVersion"]?.string)
        let replay = ["dead-letters", "replay", id, "--payload", "fixed.json", "--version", "check=\(version)"]
        let replayed = try await Ropewalk.run(replay + cluster, in: folder)
        #expect(replayed.exitCode == 0, "\(replayed.errors)")
        try await Ropewalk.serving(["orders.yaml"], command: "node", options: cluster, ports: [port], in: folder) {
          let delivered = try await folder.waitForLines(1, in: "out.txt")
          #expect(delivered == [#"{"total":9,"checked":true}"#])
        }
      }
    }
  }

  /// Two nodes share the deliveries; when one is killed, the other goes on with them at once.
  @Test func deliveriesGoOnWhileANodeIsDead() async throws {
    try await NATSServer.run { server in
      try await Folder.with { folder in
        let port = try FreePort.next()
        for node in ["in", "logic", "a", "b"] {
          try folder.write(
            "\(node).yaml",
            Declaration.webhook(
              port: port,
              endpoint: "/in",
              """
              outgoing: { name: file, type: file, config: { path: ./\(node).txt } }
              """
            )
          )
        }
        /// Messages keep coming until these nodes have delivered five more each.
        func send(until nodes: [String]) async throws {
          let goals = nodes.map { (file: "\($0).txt", count: folder.lines(of: "\($0).txt").count + 5) }
          while goals.contains(where: { folder.lines(of: $0.file).count < $0.count }) {
            #expect(try await HTTP.post("{}", to: "http://127.0.0.1:\(port)/in").status == 202)
          }
        }
        func options(_ role: String, _ node: String) -> [String] {
          ["--role", role, "--nats", server.url, "--data-dir", ".ropewalk-\(node)"]
        }
        try await Ropewalk.serving(["in.yaml"], command: "node", options: options("incoming", "in"), ports: [port], in: folder) {
          try await Ropewalk.serving(["logic.yaml"], command: "node", options: options("logic", "logic"), ports: [], in: folder) {
            try await Ropewalk.serving(["b.yaml"], command: "node", options: options("outgoing", "b"), ports: [], in: folder) {
              try await Self.killed(["node", "a.yaml"] + options("outgoing", "a"), in: folder) { try await send(until: ["a", "b"]) }
              try await send(until: ["b"])
            }
          }
        }
      }
    }
  }

  /// Runs a command while `body` runs, and ends it with `kill -9`.
  private static func killed(_ arguments: [String], in folder: Folder, _ body: () async throws -> Void) async throws {
    _ = try await Subprocess.run(
      .path(FilePath(Ropewalk.binary)),
      arguments: Arguments(arguments),
      workingDirectory: FilePath(folder.path),
      input: .none,
      output: .discarded,
      error: .discarded
    ) { execution in
      defer { try? execution.send(signal: .kill) }
      try await body()
    }
  }

  @Test func refusesSettingsThatCannotBe() async throws {
    try await Folder.with { folder in
      for (option, value, part) in [("--dedupe-window", "0s", "100ms"), ("--max-dead-letters", "0", "at least 1")] {
        let result = try await Ropewalk.run("node", "--nats", "nats://127.0.0.1:1", option, value, "orders.yaml", in: folder)
        #expect(result.exitCode == 64 && result.errors.contains(part), "\(result.errors)")
      }
    }
  }
}
