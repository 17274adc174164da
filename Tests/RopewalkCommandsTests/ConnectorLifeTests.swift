import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

/// Messages of `ropewalk run` while the process of a connector comes, goes and stays away.
@Suite(.takesTurns) struct ConnectorLifeTests {
  private func total(in folder: Folder) async throws -> JSON {
    let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
    #expect(audit.exitCode == 0, "\(audit.errors)")
    return try #require(audit.json["total"])
  }

  @Test func messagesWaitInTheJournalForAConnectorThatDoesNotStayUp() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      func install(_ version: Int) throws {
        let script = """
          #!/bin/sh
          # version \(version)
          [ -e \(folder.path)/broken ] && exit 3
          echo $$ >> \(folder.path)/processes
          exec \(Connectors.builtIn)
          """
        let path = try folder.write("connector", script + "\n")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
      }
      try install(1)
      try folder.write(
        "orders.yaml",
        Declaration.webhook(
          port: port,
          """
          outgoing:
            type: file
            plugin: ./connector
            sandbox: false
            retry: { maxRetries: 0 }
            config: { path: "\(folder.path)/out.txt" }
          """
        )
      )
      func post(_ number: Int) async throws {
        #expect(try await HTTP.post("{\"n\":\(number)}", to: "http://127.0.0.1:\(port)/").status == 202)
      }
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        try await post(0)
        _ = try await folder.waitForLines(1, in: "out.txt")
        // Until its end is told too, its connector's end would bring it once more.
        try await eventually("the first one to be settled") { try await total(in: folder)["delivered"] == 1 }
        try folder.write("broken", "")
        kill(try #require(folder.lines(of: "processes").last.flatMap { Int32($0) }), SIGKILL)
        for number in 1...5 { try await post(number) }
        try await eventually("the connector to be degraded") {
          folder.lines(of: "standard-error.log").contains { $0.contains("A connector is degraded") && $0.contains("exited with code 3") }
        }
        let waiting = try await total(in: folder)
        #expect(waiting["inFlight"] == 5 && waiting["delivered"] == 1 && waiting["balances"] == true, "\(waiting)")
        try FileManager.default.removeItem(atPath: folder.path + "/broken")
        try install(2)
        try await eventually("all to be settled") { try await total(in: folder)["inFlight"] == 0 }
      }
      let end = try await total(in: folder)
      #expect(end["delivered"] == 6 && end["deadLettered"] == 0 && end["balances"] == true, "\(end)")
      #expect(folder.lines(of: "out.txt").sorted() == (0...5).map { "{\"n\":\($0)}" })
    }
  }

  @Test func aStopWaitsForWhatAConnectorHasInItsHands() async throws {
    let count = 20
    try await LocalServer.with(.init(status: 204), holding: { _ in true }) { sink in
      try await Folder.with { folder in
        let port = try folder.declareWebhook(
          """
          outgoing:
            type: http
            runtime: process
            sandbox: { network: { allow: ["127.0.0.1:\(sink.port)"] } }
            retry: { timeout: 10m }
            config: { url: "http://127.0.0.1:\(sink.port)/" }
          limits: { drainTimeout: 10m }
          """
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            try await folder.wait(for: "draining; once more stops at once", in: "standard-error.log")
            sink.release()
          }
          try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
            for number in 0..<count { #expect(try await HTTP.post("{\"n\":\(number)}", to: "http://127.0.0.1:\(port)/").status == 202) }
            try await sink.waitForRequests(count)
          }
          try await group.waitForAll()
        }
        let end = try await total(in: folder)
        #expect(end["delivered"]?.int == count && end["inFlight"] == 0 && end["balances"] == true, "\(end)")
        // Each once.
        #expect(sink.requests.map(\.body).sorted() == (0..<count).map { "{\"n\":\($0)}" }.sorted())
      }
    }
  }
}
