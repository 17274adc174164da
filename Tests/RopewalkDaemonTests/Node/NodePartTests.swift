import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

@Suite struct NodePartTests {
  /// A queue that is full is no destination that is down.
  @Test func theWayIntoAQueueHasNoCircuit() async throws {
    let text = """
      integration:
        id: orders
        customer: acme
        incoming: { type: generate }
        outgoing:
          - { name: erp, type: http, config: { url: "https://erp.example/" }, circuitBreaker: { failures: 3 } }
          - { name: copy, type: stdio }
      """
    let contents = try await IntegrationFile.parse(text: text, file: "a.yaml", in: IntegrationContext(references: ReferenceResolver()))
    let integration = try #require(contents.integrations.first)
    #expect(integration.spec.outgoing.allSatisfy { $0.circuitBreaker != nil })
    let part = integration.handedOver
    #expect(part.spec.outgoing.map(\.connection.name) == ["erp", "copy"])
    #expect(part.spec.outgoing.allSatisfy { $0.circuitBreaker == nil && $0.connection.type == "nats" })
  }
}
