import Foundation
import RopewalkTesting
import Subprocess
import SystemPackage
import Testing

@Suite(.enabled(if: NATSServer.executable != nil, Comment(rawValue: NATSServer.missing)), .takesTurns(within: .seconds(120)))
struct NodeCommandTests {
  /// One that only takes messages has nothing else by which it would notice; it must not refuse them for ever.
  @Test func anIncomingNodeEndsWhenItsCredentialsAreRevoked() async throws {
    func line(_ token: String) -> String { "authorization { token: \"\(token)\" }" }
    try await NATSServer.run(.init(lines: [line("let-me-in")])) { server in
      try await Folder.with { folder in
        let port = try await HTTP.freePort()
        try folder.write(
          "orders.yaml",
          """
          apiVersion: ropewalk.dev/v1
          kind: Integration
          metadata: { name: orders }
          spec:
            customer: acme
            incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: /in } }
            outgoing: { type: file, config: { path: out.jsonl } }
          """
        )
        try folder.write("token", "let-me-in")
        let log = try FileDescriptor.open(
          FilePath(folder.path).appending("standard-error.log"),
          .writeOnly,
          options: [.create, .truncate],
          permissions: .ownerReadWrite
        )
        let result = try await Subprocess.run(
          .path(FilePath(Ropewalk.binary)),
          arguments: ["node", "--role", "incoming", "--nats", server.url, "--nats-token-file", "token", "orders.yaml"],
          workingDirectory: FilePath(folder.path),
          input: .none,
          output: .discarded,
          error: .fileDescriptor(log, closeAfterSpawningProcess: true)
        ) { execution in
          do {
            try await HTTP.waitForListener(on: port)
            let configuration = try String(contentsOfFile: server.folder + "/server.conf", encoding: .utf8)
            _ = try server.file("server.conf", configuration.replacingOccurrences(of: line("let-me-in"), with: line("revoked")))
            server.kill()
            try await server.start()
          } catch {
            try? execution.send(signal: .kill)
            throw error
          }
        }
        let errors = folder.lines(of: "standard-error.log").joined(separator: "\n")
        if case .exited(0) = result.terminationStatus { Issue.record("the node ended as if all were well") }
        #expect(errors.contains("lets us in no more"), "\(errors)")
      }
    }
  }
}
