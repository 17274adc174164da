import RopewalkCore
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct AlertWebhookTests {
  @Test func aWebhookIsToldOnceOfAThousandFailures() async throws {
    try await Folder.with { folder in
      try await LocalServer.with(.init(status: 204)) { hook in
        try folder.write("events.jsonl", (0..<1000).map { "{\"n\":\($0)}\n" }.joined())
        try folder.write(
          "orders.yaml",
          Declaration.integration(
            "orders",
            """
            incoming: { type: file, config: { path: ./events.jsonl } }
            filter: { type: wasm, inline: "export function process(message) { throw new Error('no ' + message.n % 1); }" }
            outgoing: { type: file, config: { path: ./out.txt } }
            alerts: { after: 3, webhook: { url: "http://127.0.0.1:\(hook.port)/hook", auth: { bearer: "${SECRET:alerts}" } } }
            """
          )
        )
        let result = try await Ropewalk.run(
          ["run", "--once", "orders.yaml", "--output", "json"],
          environment: ["ROPEWALK_SECRET_ALERTS": "open-sesame"],
          in: folder
        )
        #expect(result.exitCode == 76, "\(result.errors)")
        let report = try JSON.parse(result.output)
        #expect(report["deadLettered"] == 1000 && report["alerts"] == 1)
        let calls = hook.requests
        #expect(calls.count == 1)
        let call = try #require(calls.first)
        #expect(call.authorization == "Bearer open-sesame")
        let alert = try JSON.parse(call.body)
        #expect(alert["state"] == "raised" && alert["count"] == 3 && alert["integration"] == "orders" && alert["stage"] == "filter-1")
        // One line for each until the alert stands, and one for the alert.
        #expect(result.errors.split(separator: "\n").count { $0.contains("Messages fail again and again") } == 1)
        #expect(!result.errors.contains("open-sesame"))
      }
    }
  }
}
