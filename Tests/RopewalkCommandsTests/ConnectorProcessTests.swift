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

  private func withCredentials(_ credentials: String, in folder: Folder) throws -> String {
    try folder.write("out/keep", "")
    return try folder.write(
      "orders.yaml",
      """
      integration:
        id: orders
        customer: acme
        incoming: { type: generate, config: { count: 1 } }
        outgoing:
          type: peer
          plugin: \(Connectors.peer)
          sandbox: { write: ./out }
          credentials: \(credentials)
          config: { journal: "\(folder.path)/out/journal" }
      """
    )
  }

  @Test func aConnectorIsGivenItsCredentialsAndTheLogHasNone() async throws {
    try await Folder.with { folder in
      let file = try withCredentials(#"{ token: "Bearer ${SECRET:erp_token}", user: in-clear }"#, in: folder)
      let result = try await Ropewalk.run(
        "run",
        "--once",
        file,
        "--log-level",
        "debug",
        environment: ["ROPEWALK_SECRET_ERP_TOKEN": "t0p-secret"],
        in: folder
      )
      #expect(result.exitCode == 0, "\(result.errors)")
      let journal = folder.lines(of: "out/journal")
      #expect(journal.filter { $0.hasPrefix("credential ") } == ["credential token Bearer t0p-secret", "credential user in-clear"])
      for line in ["logs the token ***", "logs the user ***", "prints the token ***", "prints the user ***"] {
        #expect(result.errors.contains(line), "expected: \(line)\nfound: \(result.errors)")
      }
      #expect(!result.errors.contains("t0p-secret") && !result.errors.contains("in-clear"), "\(result.errors)")
    }
  }

  @Test func whatAConnectorSaysOfAFailureIsKeptWithoutSecrets() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      let port = try FreePort.next()
      try folder.write(
        "orders.yaml",
        Declaration.webhook(
          port: port,
          """
          outgoing:
            type: peer
            command: ["\(Connectors.peer)"]
            sandbox: { write: ./out }
            credentials: { token: "${SECRET:erp_token}" }
            config: { journal: "\(folder.path)/out/journal" }
          """
        )
      )
      let secrets = ["ROPEWALK_SECRET_ERP_TOKEN": "t0p-secret"]
      try await Ropewalk.serving(["orders.yaml"], ports: [port], environment: secrets, in: folder) {
        #expect(try await HTTP.post("{}", to: "http://127.0.0.1:\(port)/", headers: ["do": "tell"]).status == 202)
        let letter = try #require(try await Ropewalk.deadLetters(1, in: folder).first)
        #expect(letter["message"] == "the other side does not know ***" && !letter.text().contains("t0p-secret"), "\(letter.text())")
      }
    }
  }

  @Test func aConnectorJudgesItsCredentials() async throws {
    try await Folder.with { folder in
      let file = try withCredentials("{ token: expired-7 }", in: folder)
      let result = try await Ropewalk.run("validate", file, in: folder)
      #expect(result.exitCode == 65)
      #expect(
        result.errors.contains("orders.yaml:10:13: error: integration.outgoing.config: the token *** has expired"),
        "\(result.errors)"
      )
    }
  }

  @Test func aSourceGoesOnFromItsPositionWhenItsHostWasKilled() async throws {
    try await Folder.with { folder in
      try folder.write("out/keep", "")
      func file(count: Int, isEndless: Bool) throws -> String {
        try folder.write(
          "orders.yaml",
          """
          integration:
            id: orders
            customer: { path: customer }
            incoming:
              name: source
              type: peer
              plugin: \(Connectors.peer)
              sandbox: { write: ./out }
              config: { journal: "\(folder.path)/out/source", count: \(count), endless: \(isEndless) }
            outgoing:
              type: peer
              plugin: \(Connectors.peer)
              sandbox: { write: ./out }
              config: { journal: "\(folder.path)/out/destination" }
          """
        )
      }
      for life in 1...2 {
        try await Ropewalk.serving([file(count: life * 100, isEndless: true)], ports: [], ending: .killed, in: folder) {
          try await folder.wait(for: "\(life * 100 - 1)", in: ".ropewalk/connectors/positions/orders/source.position")
        }
      }
      let result = try await Ropewalk.run("run", "--once", file(count: 300, isEndless: false), in: folder)
      #expect(result.exitCode == 0, "\(result.errors)")
      let begun = folder.lines(of: "out/source").filter { $0.hasPrefix("receives from ") }
      #expect(begun == ["receives from 0", "receives from 100", "receives from 200"])
      let sent = folder.lines(of: "out/destination").map { $0.split(separator: " ") }.filter { $0.first == "sent" }.map { String($0[1]) }
      #expect(Set(sent) == Set((0..<300).map { "m-\($0)" }))
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
