import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// Integrations whose connectors have processes of their own, by the built `ropewalk`.
@Suite(.takesTurns) struct ConnectorProcessTests {
  @Test func messagesPassThroughTwoProcesses() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      let file = try folder.write(
        "orders.yaml",
        """
        integration:
          id: orders
          customer: acme
          incoming: { type: generate, runtime: process, config: { count: 500, payload: "line {n}" } }
          outgoing:
            - type: file
              runtime: process
              sandbox: { write: ./out }
              config: { path: "\(folder.path)/out/orders.txt" }
        """
      )
      let result = try await Ropewalk.run("run", "--once", file, "--output", "json", in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(result.json["delivered"]?.int == 500, "\(result.errors)")
      #expect(folder.lines(of: "out/orders.txt").count == 500)
    }
  }

  @Test func aConnectorGetsTheSecretsThatItWasGrantedAndShowsNone() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      for (name, value) in [("erp-token", "open-sesame"), ("password", "not-for-connectors")] { try folder.write("secrets/\(name)", value) }
      func destination(_ name: String, granted: String, asks secret: String) -> String {
        """
            - name: \(name)
              type: peer
              command: ["\(Connectors.peer)"]
              secrets: [\(granted)]
              sandbox: { write: ./out }
              config: { journal: "\(folder.path)/out/\(name).log", ask: \(secret) }
        """
      }
      try folder.write(
        "orders.yaml",
        """
        integration:
          id: orders
          customer: acme
          incoming: { type: generate, config: { count: 1, payload: "line {n}" } }
          outgoing:
        \(destination("granted", granted: "erp-token", asks: "erp-token"))
        \(destination("other", granted: "erp-token", asks: "password"))
        \(destination("none", granted: "", asks: "erp-token"))
        """
      )
      let result = try await Ropewalk.run("run", "--once", "orders.yaml", "--secrets", "secrets", "--log-level", "debug", in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(folder.lines(of: "out/granted.log").contains("secret of 11 bytes"))
      for name in ["other", "none"] {
        let lines = folder.lines(of: "out/\(name).log")
        #expect(lines.contains { $0.hasPrefix("refused ") } && !lines.contains { $0.hasPrefix("secret ") }, "\(lines)")
        #expect(lines.contains { $0.hasPrefix("sent ") })
      }
      // It has said it in a call, in a field, and on standard error.
      for text in ["the secret is ***", "given=***", "on standard error: ***"] { #expect(result.errors.contains(text), "\(result.errors)") }
      for value in ["open-sesame", "not-for-connectors"] { #expect(!result.errors.contains(value)) }
    }
  }

  @Test func whatIsWrongWithAConnectorIsFoundAtItsPlace() async throws {
    try await Folder.with { folder in
      try folder.write("data.txt", "no program")
      let script = try folder.write("ends", "#!/bin/sh\necho no licence >&2\nexit 3\n")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
      let file = try folder.write(
        "orders.yaml",
        """
        integration:
          id: orders
          customer: acme
          incoming: { type: http-webhook, runtime: process, config: { listen: 1, endpoint: /in } }
          outgoing:
            - { type: mail, plugin: ./none }
            - { type: mail, plugin: ./data.txt }
            - { type: mail, command: [./ends] }
            - { type: stdio, runtime: process }
            - { type: mail, plugin: ./folder }
        """
      )
      try folder.write("folder/readme", "")
      let result = try await Ropewalk.run("validate", file, in: folder)
      #expect(result.exitCode == 65)
      for problem in [
        "orders.yaml:4:71: error: integration.incoming.config.listen: ",
        "orders.yaml:6:29: error: integration.outgoing[0].plugin: there is no program \(folder.path)/none; build it, or correct its path",
        "orders.yaml:7:29: error: integration.outgoing[1].plugin: \(folder.path)/data.txt may not be executed",
        "orders.yaml:8:30: error: integration.outgoing[2].command: the connector 'ends' cannot be used: ",
        "orders.yaml:9:31: error: integration.outgoing[3].runtime: no built-in connector 'stdio' can be outgoing in a process of its own",
        "orders.yaml:10:29: error: integration.outgoing[4].plugin: \(folder.path)/folder is a folder without a ropewalk-plugin.yaml",
      ] {
        #expect(result.errors.contains(problem), "expected: \(problem)\nfound: \(result.errors)")
      }
      #expect(result.errors.contains("no licence"))
    }
  }
}
