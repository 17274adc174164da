import Foundation
import RopewalkCore
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct TestCommandTests {
  private let integration = """
    apiVersion: ropewalk.dev/v1
    kind: Integration
    metadata: { name: rates }
    spec:
      customer: { header: X-Customer-ID }
      incoming: { type: http-webhook, config: { listen: "127.0.0.1:8080", endpoint: / } }
      converter:
        type: wasm
        inline: |
          export function process(order: Message) {
            const answer = ropewalk.httpCall({ url: "https://rates.example/" + order.currency });
            if (answer.status !== 200) ropewalk.raiseError("NO_RATE", "no rate for " + order.currency);
            return { ...order, euros: order.amount * JSON.parse(answer.body).rate };
          }
        config:
          capabilities: [HTTPCall, RaiseError]
          http: { allow: [rates.example] }
      outgoing:
        - { name: erp, type: http, config: { url: "${SECRET:erp_url}" } }
        - { name: archive, type: file, config: { path: ./archive.jsonl } }
    """

  private func test(expecting euros: Int) -> String {
    """
    apiVersion: ropewalk.dev/v1
    kind: IntegrationTest
    metadata: { name: rates-test }
    spec:
      integration: ./rates.yaml
      secrets: { erp_url: "http://erp.example/orders" }
      cases:
        - name: a dollar order is converted
          input: { json: { currency: USD, amount: 10 }, customer: acme }
          mocks:
            http: [{ url: "https://rates.example/USD", respond: { status: 200, json: { rate: 2 } } }]
            destinations:
              erp: [{ status: 429, retryAfter: 7s }, { status: 200 }]
          expect:
            outcome: delivered
            destinations:
              erp: { contains: { euros: \(euros) }, attempts: 2, after: 7s }
              archive: { attempts: 1, after: 0s }
        - name: a currency without a rate fails
          input: { json: { currency: XXX, amount: 10 }, customer: acme }
          mocks:
            http: [{ url: "https://rates.example/*", respond: { status: 404, payload: "" } }]
          expect: { outcome: failed, error: { stage: converter-1, code: NO_RATE } }
    """
  }

  @Test func playsDestinationsCallsAndTime() async throws {
    try await Folder.with { folder in
      try folder.write("rates.yaml", integration)
      try folder.write("test.yaml", test(expecting: 20))
      let result = try await Ropewalk.run("test", "test.yaml", in: folder)
      #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
      #expect(result.output.contains("2 passed, 0 failed"))
      #expect(!folder.exists("archive.jsonl"))
    }
  }

  @Test func saysWhatDiffersAndWhere() async throws {
    try await Folder.with { folder in
      try folder.write("rates.yaml", integration)
      try folder.write("test.yaml", test(expecting: 21))
      let result = try await Ropewalk.run("test", "test.yaml", in: folder)
      #expect(result.exitCode == 76)
      #expect(result.output.contains("test.yaml:17:"), "\(result.output)")
      #expect(result.output.contains("euros: expected 21, got 20"), "\(result.output)")
    }
  }

  @Test func runsTheExamplesOwnTests() async throws {
    try await Folder.with { folder in
      let file = Project.root.appendingPathComponent("Examples/invoice-sync/integration-test.yaml").path
      let result = try await Ropewalk.run("test", file, "--output", "json", in: folder)
      #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
      #expect(try JSON.parse(result.output)["passed"] == 6)
    }
  }
}
