import Foundation
import GRDB
import RopewalkCore
import RopewalkTesting
import Testing

/// What a whole process makes of a journal that the disk, or somebody, has changed.
@Suite(.takesTurns) struct DamagedJournalTests {
  /// A message that is not what it was is not delivered as it is now, holds up nobody, and goes on with another payload.
  @Test func aMessageThatHasChangedIsADeadLetter() async throws {
    try await LocalServer.with(.init(), holding: { _ in true }) { server in
      try await Folder.with { folder in
        let port = try folder.declareWebhook(
          "limits: { drainTimeout: 100ms }\noutgoing: { type: http, config: { url: \"http://127.0.0.1:\(server.port)/\" } }"
        )
        let orders = (0..<3).map { "order \($0)" }
        try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
          for order in orders {
            let answer = try await HTTP.post(order, to: "http://127.0.0.1:\(port)/")
            #expect(answer.status == 202)
          }
          try await server.waitForRequests(3)
        }
        let database = try DatabaseQueue(path: folder.path + "/.ropewalk/journal/journal.sqlite")
        let changed = try await database.write { database in
          try database.execute(sql: "UPDATE messages SET payload = CAST('0rder 1' AS BLOB) WHERE payload = CAST('order 1' AS BLOB)")
          return database.changesCount
        }
        try database.close()
        #expect(changed == 1)
        server.release()
        try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
          try await server.waitForRequests(5)
          #expect(server.requests[3...].map(\.body).sorted() == [orders[0], orders[2]])
          let letter = try #require(try await Ropewalk.deadLetters(1, in: folder).first)
          #expect(letter["code"] == "delivery.payload.unreadable", "\(letter)")
          #expect(letter["damage"]?.string?.contains("is damaged in the journal") == true, "\(letter)")
          let id = try #require(letter["id"]?.string)
          let refused = try await Ropewalk.run("dead-letters", "replay", id, in: folder)
          #expect(refused.exitCode == 66, "\(refused.errors)")
          try folder.write("mended", orders[1])
          let replayed = try await Ropewalk.run("dead-letters", "replay", id, "--payload", "mended", in: folder)
          #expect(replayed.exitCode == 0, "\(replayed.errors)")
          try await server.waitForRequests(6)
          #expect(server.requests[5].body == orders[1])
        }
        let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
        let total = try #require(audit.json["total"])
        #expect(audit.exitCode == 0 && total["delivered"] == 3 && total["deadLettered"] == 1 && total["inFlight"] == 0, "\(total)")
      }
    }
  }

  /// Nobody is told that all is well with a journal that is not there any more.
  @Test func aJournalThatWasEmptiedIsSaid() async throws {
    try await Folder.with { folder in
      let port = try folder.declareWebhook(
        "limits: { drainTimeout: 0s }\noutgoing: { type: http, config: { url: \"http://127.0.0.1:1/\" } }"
      )
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        let answer = try await HTTP.post("order", to: "http://127.0.0.1:\(port)/")
        #expect(answer.status == 202)
      }
      try folder.write(".ropewalk/journal/journal.sqlite", "")
      for command in [["run", "orders.yaml"], ["audit"], ["dead-letters", "list"]] {
        let result = try await Ropewalk.run(command, in: folder)
        #expect(result.exitCode == 1 && result.errors.contains("has had a journal"), "\(command): \(result.errors)")
      }
    }
  }
}
