import RopewalkCore
import Testing

@testable import RopewalkConnectors

@Suite struct IdempotencyKeyTests {
  private func key(_ id: String, integration: String = "orders", customer: String = "acme", destination: String = "erp") -> String {
    let metadata = MessageMetadata(customerID: customer, integrationID: integration, destination: destination)
    return IdempotencyKey.key(of: Message(id: id, payload: [], metadata: metadata))
  }

  @Test func namesTheMessageAtItsDestination() {
    #expect(key("order-1") == "orders:acme:order-1:erp")
    #expect(key("order 1/ü", customer: "a:b") == "orders:a%3Ab:order%201/%C3%BC:erp")
  }

  @Test func noTwoMessagesHaveTheSame() {
    let keys = [
      key("1"), key("1", customer: "globex"), key("1", integration: "billing"), key("1", destination: "crm"),
      key("1:erp", destination: "x"),
      key("1", destination: "erp:x"), key("%3A"), key(":"), key("acme:1", customer: "x"), key("1", customer: "x:acme"),
      key(String(repeating: "a", count: 256)), key(String(repeating: "a", count: 255) + "b"),
    ]
    #expect(Set(keys).count == keys.count)
  }

  /// Receivers bound what they take.
  @Test func isNeverLong() {
    for id in [String(repeating: "x", count: 256), String(repeating: "ü", count: 128)] {
      let long = key(id, customer: String(repeating: "c", count: 128))
      #expect(long.utf8.count <= 255 && long.hasPrefix("sha256:"))
      #expect(long == key(id, customer: String(repeating: "c", count: 128)))
      #expect(long.utf8.allSatisfy { 0x21...0x7E ~= $0 })
    }
  }
}
