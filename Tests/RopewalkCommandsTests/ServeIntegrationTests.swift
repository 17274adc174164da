import RopewalkCore
import RopewalkTesting
import Testing

/// Integrations in `ropewalk serve`, as `kubectl` declares and sees them.
@Suite(.takesTurns, .enabled(if: ControlPlane.hasKubectl, ControlPlane.noKubectl)) struct ServeIntegrationTests {
  /// Orders over 1,000 go to a file of the integration's name.
  private func orders(_ name: String, port: Int, code: String = "return order") -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata: { name: \(name), namespace: default }
    spec:
      customer: acme
      incoming: { type: http-webhook, config: { listen: "127.0.0.1:\(port)", endpoint: /orders } }
      filter:
        type: wasm
        inline: |
          export function process(order: Message): Message {
            if (order.total > 1000) { \(code); }
          }
      outgoing: { type: file, config: { path: ./\(name).jsonl } }
    ---

    """
  }

  private func post(_ total: Int, port: Int) async throws {
    #expect(try await HTTP.post(#"{"total": \#(total)}"#, to: "http://127.0.0.1:\(port)/orders").status == 202)
  }

  @Test func anIntegrationIsAppliedEditedWaitedForDescribedAndDeleted() async throws {
    try await Folder.with { folder in
      let port = try FreePort.next()
      try await ControlPlane.serving(options: ["--allow-folder", "."], in: folder) { plane in
        #expect(try await plane.kubectl("apply", "-f", "-", input: orders("orders", port: port)).output.contains("orders created"))
        try await plane.kubectl("wait", "integration/orders", "--for=condition=Ready", "--timeout=120s")
        try await post(500, port: port)
        try await post(2000, port: port)
        _ = try await folder.waitForLines(1, in: "orders.jsonl")
        // The filter alone: the run goes on, and lets pass what it did not before.
        let editor = ["KUBE_EDITOR": "sed -i s/total.>.1000/total>100/"]
        let edited = try await plane.kubectl("edit", "integration", "orders", environment: editor)
        #expect(edited.output.contains("orders edited"))
        try await plane.kubectl("wait", "integration/orders", "--for=jsonpath={.status.runningGeneration}=2", "--timeout=120s")
        try await post(600, port: port)
        #expect(try await folder.waitForLines(2, in: "orders.jsonl").map { try JSON.parse($0)["total"]?.int } == [2000, 600])
        try await plane.kubectl("wait", "integration/orders", "--for=jsonpath={.status.messages.delivered}=2", "--timeout=120s")
        #expect(try await plane.kubectl("apply", "-f", "-", input: orders("orders", port: port)).output.contains("orders configured"))
        try await plane.kubectl("wait", "integration/orders", "--for=jsonpath={.status.runningGeneration}=3", "--timeout=120s")
        let described = try await plane.kubectl("describe", "integration", "orders").output
        for text in ["Running Generation:   3", "Filtered:           1", "Started", "StepsReplaced", "generation 3"] {
          #expect(described.contains(text), "\(text) in \(described)")
        }
        #expect(try await plane.kubectl("delete", "integration", "orders").output.contains("deleted"))
        #expect(try await plane.refusal("get", "integration", "orders").contains("NotFound"))
        await #expect(throws: (any Error).self) { try await HTTP.post("{}", to: "http://127.0.0.1:\(port)/orders") }
      }
      let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
      #expect(audit.exitCode == 0 && audit.json["total"]?["accepted"]?.int == 3, "\(audit.output)\(audit.errors)")
    }
  }

  @Test func badIntegrationsHarmNoOther() async throws {
    try await Folder.with { folder in
      let (port, other) = (try FreePort.next(), try FreePort.next())
      try await ControlPlane.serving(options: ["--allow-folder", "."], in: folder) { plane in
        try await plane.kubectl("apply", "-f", "-", input: orders("good", port: port))
        try await plane.kubectl("wait", "integration/good", "--for=condition=Ready", "--timeout=120s")
        try await post(1001, port: port)
        // One does not compile, one wants what the good one has.
        let bad = orders("bad", port: other, code: "return order +") + orders("taken", port: port)
        try await plane.kubectl("apply", "-f", "-", input: bad)
        for (name, reason) in [("bad", "spec.filter.inline"), ("taken", "another connector takes the path /orders")] {
          try await plane.kubectl("wait", "integration/\(name)", "--for=jsonpath={.status.phase}=Failed", "--timeout=120s")
          let status = try await plane.get("integration", name)["status"]
          #expect(status?["lastError"]?["message"]?.string?.contains(reason) == true, "\(status ?? .null)")
        }
        try await post(1002, port: port)
        // One that starts, and the bad ones that go, change nothing for it either.
        try await plane.kubectl("apply", "-f", "-", input: orders("bad", port: other))
        try await plane.kubectl("wait", "integration/bad", "--for=condition=Ready", "--timeout=120s")
        try await post(1003, port: other)
        _ = try await folder.waitForLines(1, in: "bad.jsonl")
        try await plane.kubectl("delete", "integration", "bad", "taken")
        try await post(1004, port: port)
        let totals = try await folder.waitForLines(3, in: "good.jsonl").map { try JSON.parse($0)["total"]?.int }
        #expect(totals == [1001, 1002, 1004])
        let good = try await plane.get("integration", "good")["status"]
        #expect(good?["runningGeneration"] == 1 && good?["lastError"] == nil, "\(good ?? .null)")
      }
    }
  }
}
