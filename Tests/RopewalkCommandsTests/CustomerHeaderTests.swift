import RopewalkCore
import RopewalkTesting
import Testing

/// Whose a request is, as its sender hears of it.
@Suite(.takesTurns) struct CustomerHeaderTests {
  @Test func aRequestOfTwoCustomersIsRefused() async throws {
    try await Folder.with { folder in
      let outgoing = "outgoing: { type: file, config: { path: ./out.txt } }"
      let port = try folder.declareWebhook(customer: "{ header: X-Customer-ID }", outgoing)
      try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
        func post(_ first: String, _ second: String) async throws -> HTTP.Answer {
          try await HTTP.post("{}", to: "http://127.0.0.1:\(port)/", headers: ["X-Customer-ID": first, "x-customer-id": second])
        }
        let refused = try await post("acme", "globex")
        let answer = try JSON.parse(refused.body)
        #expect(refused.status == 400 && answer["error"] == "webhook.invalid", "\(refused.body)")
        #expect(
          answer["message"] == "the message names several customers: the header 'X-Customer-ID' came with different values; send it once"
        )
        let taken = try await post("acme", "acme")
        #expect(taken.status == 202, "\(taken.body)")
        let delivered = try await folder.waitForLines(1, in: "out.txt")
        #expect(delivered == ["{}"])
      }
    }
  }
}
