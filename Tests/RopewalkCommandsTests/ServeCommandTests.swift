import Foundation
import RopewalkCore
import RopewalkServer
import RopewalkTesting
import Synchronization
import Testing

/// Integrations as objects of the API.
@Suite(.takesTurns) struct ServeCommandTests {
  /// Sends orders until told to stop; returns how many were accepted. 503 is sent again, a reset is a failure.
  private func load(port: Int, until stop: borrowing Atomic<Bool>, _ name: String) async throws -> Int {
    var count = 0
    while !stop.load(ordering: .relaxed) {
      let answer = try await HTTP.post(
        #"{"total": \#(count % 2 == 0 ? 5 : 5000)}"#,
        to: "http://127.0.0.1:\(port)/orders",
        headers: ["Idempotency-Key": "\(name)-\(count)"]
      )
      #expect(answer.status == 202)
      count += 1
    }
    return count
  }

  @Test func anIntegrationIsAppliedEditedUnderLoadAndDeleted() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      let sent = Mutex(0)
      try await ControlPlane.serving(options: ControlPlane.openFolder, in: folder) { plane in
        try await folder.apply(Declaration.orders(port: port, over: 1000, version: "1"))
        try await HTTP.waitForListener(on: port)
        let stop = Stop()
        try await withThrowingTaskGroup(of: Int.self) { group in
          for sender in 0..<3 { group.addTask { try await load(port: port, until: stop.flag, "sender-\(sender)") } }
          _ = try await folder.waitForLines(5, in: "orders.jsonl")
          // Steps alone: the run goes on.
          try await folder.apply(Declaration.orders(port: port, over: 0, version: "2"))
          try await eventually { folder.lines(of: "orders.jsonl").last?.contains(#""version":"2""#) == true }
          // Everything: another run takes its place, at the same address.
          try await folder.apply(Declaration.orders(port: port, over: 0, version: "3", to: "./others.jsonl"))
          _ = try await folder.waitForLines(5, in: "others.jsonl")
          // What cannot run leaves that running.
          try await folder.apply(Declaration.orders(port: port, over: 0, version: "4").replacing("return order", with: "return order +"))
          try await eventually { try await plane.ordersStatus().isTrue("Degraded") }
          #expect(try await plane.ordersStatus().isTrue("Ready"))
          stop.flag.store(true, ordering: .relaxed)
          for try await count in group { sent.withLock { $0 += count } }
        }
        let deletion = try await Ropewalk.run("delete", "integration", "orders", in: folder)
        #expect(deletion.exitCode == 0, "\(deletion.errors)")
        try await eventually { try await Ropewalk.run("get", "integration", "orders", in: folder).exitCode != 0 }
        await #expect(throws: (any Error).self) { try await HTTP.post("{}", to: "http://127.0.0.1:\(port)/orders", headers: [:]) }
      }
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      #expect(audit.exitCode == 0, "\(audit.errors)")
      let lines = folder.lines(of: "orders.jsonl").count + folder.lines(of: "others.jsonl").count
      let ledger = try #require(audit.json["total"])
      #expect(ledger["accepted"]?.int == sent.withLock { $0 }, "\(audit.output)")
      #expect(ledger["inFlight"]?.int == 0, "\(audit.output)")
      #expect(ledger["deadLettered"]?.int == 0, "\(audit.output)")
      #expect(lines >= ledger["delivered"]?.int ?? .max)
    }
  }

  private final class Stop: Sendable {
    let flag = Atomic(false)
  }

  @Test func whatIsDeclaredRunsAgainAfterARestart() async throws {
    try await Folder.with { folder in
      let (api, port) = (try FreePort.next(), try FreePort.next())
      try folder.write("declared/orders.yaml", Declaration.orders(port: port, over: 1000, version: "1"))
      try await ControlPlane.serving(["declared"], port: api, options: ControlPlane.openFolder, in: folder) { plane in
        try await HTTP.waitForListener(on: port)
        _ = try await HTTP.post(#"{"total": 2000}"#, to: "http://127.0.0.1:\(port)/orders")
      }
      try await ControlPlane.serving(port: api, options: ControlPlane.openFolder, in: folder) { plane in
        try await HTTP.waitForListener(on: port)
        _ = try await HTTP.post(#"{"total": 3000}"#, to: "http://127.0.0.1:\(port)/orders")
        _ = try await folder.waitForLines(2, in: "orders.jsonl")
        try await eventually { try await plane.ordersStatus()["messages"]?["delivered"]?.int == 2 }
        #expect(try await plane.ordersStatus()["phase"] == "Running")
      }
    }
  }

  @Test func isDescribedAndWatched() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try await ControlPlane.serving(options: ControlPlane.openFolder, in: folder) { plane in
        try await folder.apply(Declaration.orders(port: port, over: 0, version: "1"))
        try await eventually { try await plane.ordersStatus().isTrue("Ready") }
        let described = try await Ropewalk.run("describe", "integration", "orders", in: folder)
        #expect(described.exitCode == 0, "\(described.errors)")
        for part in ["kind: Integration", "phase: Running", "\nEvents\n", "Started", "generation 1 runs"] {
          #expect(described.output.contains(part), "\(part) is not in: \(described.output)")
        }
        let asJSON = try await Ropewalk.run("describe", "integration/orders", "--output", "json", in: folder)
        #expect(asJSON.json["object"]?["metadata"]?["name"] == "orders")
        #expect(asJSON.json["events"]?.array?.contains { $0["reason"] == "Started" } == true, "\(asJSON.output)")
        let missing = try await Ropewalk.run("describe", "integration", "none", in: folder)
        #expect(missing.exitCode == 66 && missing.errors.contains("not found"), "\(missing.errors)")

        // Something changes for as long as somebody watches.
        let (client, isOver) = (try plane.client(), Stop())
        async let changes = {
          var count = 0
          while !isOver.flag.load(ordering: .relaxed) {
            count += 1
            let change: JSON = ["metadata": ["labels": ["count": .string("\(count)")]]]
            let path = "/apis/ropewalk.dev/v1/namespaces/default/integrations/orders"
            _ = try await client.send("PATCH", path, contentType: "application/merge-patch+json", body: change)
            try await Task.sleep(for: .milliseconds(50))
          }
        }()
        let watched = try await Ropewalk.run("watch", "integration", "orders", "--timeout", "2s", "--output", "json", in: folder)
        isOver.flag.store(true, ordering: .relaxed)
        try await changes
        #expect(watched.exitCode == 0, "\(watched.errors)")
        let events = try watched.output.split(separator: "\n").map { try JSON.parse(String($0)) }
        #expect(events.first?["type"] == "ADDED" && events.dropFirst().contains { $0["type"] == "MODIFIED" }, "\(watched.output)")
        #expect(events.allSatisfy { $0["object"]?["metadata"]?["name"] == "orders" })
        let table = try await Ropewalk.run("watch", "integrations", "--timeout", "1s", in: folder)
        #expect(table.output.hasPrefix("EVENT  NAME") && table.output.contains("ADDED  orders"), "\(table.output)")
      }
    }
  }

  @Test func metricsCountMessagesAndAlerts() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try await ControlPlane.serving(options: ControlPlane.openFolder, in: folder) { plane in
        let failing = Declaration.orders(port: port, over: 1000, version: "1").replacing(
          "if (",
          with: "if (order.total < 0) throw new Error(\"no total\"); if ("
        )
        try await folder.apply(failing + "\n  alerts: { after: 2 }\n")
        try await HTTP.waitForListener(on: port)
        for total in [5000, 5, -1, -1, -1, 5000] {
          #expect(try await HTTP.post(#"{"total": \#(total)}"#, to: "http://127.0.0.1:\(port)/orders").status == 202)
        }
        let client = try plane.client()
        let expected = [("accepted", 6), ("delivered", 2), ("filtered", 1), ("dead-lettered", 3)].map { outcome, count in
          #"ropewalk_messages_total{integration="orders",outcome="\#(outcome)"} \#(count)"#
        }
        try await eventually {
          let lines = (try await client.send("GET", "/metrics").body.string ?? "").split(separator: "\n").map(String.init)
          return Set(lines).isSuperset(
            of: expected + [#"ropewalk_messages_in_flight{integration="orders"} 0"#, #"ropewalk_alerts_total{integration="orders"} 1"#]
          )
        }
      }
    }
  }
}
