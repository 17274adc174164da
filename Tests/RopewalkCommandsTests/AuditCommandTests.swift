import GRDB
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkNATS

/// What the command says when a message is gone that was accepted and had no end yet.
@Suite(.takesTurns(within: .seconds(120))) struct AuditCommandTests {
  private func writeOrders(_ folder: Folder, port: Int) throws {
    try folder.write(
      "orders.yaml",
      Declaration.webhook(
        port: port,
        endpoint: "/in",
        """
        limits: { drainTimeout: 0s }
        outgoing: { type: http, config: { url: "http://127.0.0.1:1/" } }
        """
      )
    )
  }

  private func post(_ count: Int, to port: Int) async throws {
    for number in 0..<count { #expect(try await HTTP.post("{\"n\":\(number)}", to: "http://127.0.0.1:\(port)/in").status == 202) }
  }

  @Test func endsWith79WhenAPairIsGoneFromTheDatabase() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try writeOrders(folder, port: port)
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) { try await post(2, to: port) }
      let whole = try await Ropewalk.run("audit", "--output", "json", in: folder)
      #expect(whole.exitCode == 0, "\(whole.errors)")
      #expect(whole.json["total"]?["inFlight"] == 2 && whole.json["balances"] == true)

      let database = try DatabaseQueue(path: folder.path + "/.ropewalk/journal/journal.sqlite")
      try await database.write { try $0.execute(sql: "DELETE FROM pairs WHERE position = 1") }
      try database.close()
      let audit = try await Ropewalk.run("audit", in: folder)
      #expect(audit.exitCode == 79 && audit.errors.contains("orders of acme by 1"), "\(audit.exitCode): \(audit.errors)")
      #expect(audit.output.contains("BROKEN"))
    }
  }

  @Test(.enabled(if: NATSServer.executable != nil, Comment(rawValue: NATSServer.missing)))
  func endsWith79WhenAMessageIsGoneFromTheStream() async throws {
    try await NATSServer.run { server in
      try await Folder.with { folder in
        let port = try FreePort.next()
        try writeOrders(folder, port: port)
        let options = ["--role", "incoming", "--nats", server.url]
        try await Ropewalk.serving(["orders.yaml"], command: "node", options: options, ports: [port], in: folder) {
          try await post(3, to: port)
        }
        let whole = try await Ropewalk.run("audit", "--nats", server.url, "--output", "json", in: folder)
        #expect(whole.exitCode == 0, "\(whole.errors)")
        #expect(whole.json["total"]?["inFlight"] == 3 && whole.json["balances"] == true)

        let connection = try await NATSConnection.connect(NATSOptions(servers: [server.url]))
        try await JetStream(connection).delete(2, from: TenantNames(tenant: "default").accepted)
        connection.close()
        // Also when only some lines are asked for: it may have been one of those.
        let audit = try await Ropewalk.run("audit", "--integration", "orders", "--nats", server.url, in: folder)
        #expect(audit.exitCode == 79 && audit.errors.contains("nobody knows whom by 1"), "\(audit.exitCode): \(audit.errors)")
        #expect(audit.output.contains("BROKEN"))
      }
    }
  }

  @Test(.enabled(if: NATSServer.executable != nil, Comment(rawValue: NATSServer.missing)))
  func hasTheDuplicatesThatANodeRefusedWhichOnlyTakesMessages() async throws {
    try await NATSServer.run { server in
      try await Folder.with { folder in
        let port = try FreePort.next()
        try writeOrders(folder, port: port)
        let options = ["--role", "incoming", "--nats", server.url]
        try await Ropewalk.serving(["orders.yaml"], command: "node", options: options, ports: [port], in: folder) {
          for _ in 0..<5 {
            _ = try await HTTP.post("{}", to: "http://127.0.0.1:\(port)/in", headers: ["webhook-id": "one"])
          }
        }
        let audit = try await Ropewalk.run("audit", "--nats", server.url, "--output", "json", in: folder)
        #expect(audit.exitCode == 0, "\(audit.errors)")
        #expect(audit.json["total"]?["accepted"] == 1 && audit.json["total"]?["duplicates"] == 4, "\(audit.output)")
      }
    }
  }
}
