import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@Suite(.takesTurns) struct DeliverySettingsTests {
  private func spec(_ more: String, outgoing: String = "{ type: file }") async throws -> IntegrationSpec {
    let text = "integration: { id: a, incoming: { type: file }, outgoing: \(outgoing), \(more) }"
    return try #require(try await IntegrationFile.parse(text: text, file: "a.yaml").integrations.first).spec
  }

  private func problem(_ more: String, outgoing: String = "{ type: file }") async throws -> String {
    do {
      _ = try await spec(more, outgoing: outgoing)
      return ""
    } catch let error as DiagnosticsError {
      return error.description
    }
  }

  @Test func defaults() async throws {
    let spec = try await spec("tenant: t")
    #expect((spec.ordering, spec.orderingKey) == (.none, nil))
    #expect(spec.outgoing[0].circuitBreaker == CircuitBreakerPolicy())
    #expect(spec.limits == PipelineLimits())
  }

  @Test func readsOrder() async throws {
    #expect(try await spec("ordering: strict").ordering == .strict)
    #expect(try await spec("ordering: key, orderingKey: { header: X-Order }").orderingKey == .header("X-Order"))
    #expect(try await spec("ordering: key, orderingKey: { pointer: /a/b }").orderingKey == .pointer(try #require(JSONPointer("/a/b"))))
  }

  @Test func readsCircuitBreaker() async throws {
    let own = try await spec(
      "tenant: t",
      outgoing: "{ type: file, circuitBreaker: { failures: 3, window: 5s, openFor: 1m, probes: 2 } }"
    )
    #expect(
      own.outgoing[0].circuitBreaker == CircuitBreakerPolicy(failures: 3, window: .seconds(5), openFor: .seconds(60), probes: 2)
    )
    #expect(try await spec("tenant: t", outgoing: "{ type: file, circuitBreaker: off }").outgoing[0].circuitBreaker == nil)
  }

  @Test func readsMemory() async throws {
    let memory = try await spec("limits: { memory: { messagesPerCustomer: 20, messages: 200, sizePerCustomer: 1Mi, size: 2Mi } }").limits
      .memory
    #expect(
      memory == MemoryLimits(messagesPerCustomer: 20, messages: 200, sizePerCustomer: .mebibytes(1), size: .mebibytes(2))
    )
  }

  @Test(arguments: [
    ("ordering: some", "spec.ordering"), ("ordering: none, orderingKey: { header: X }", "it means nothing with ordering: none"),
    ("ordering: key, orderingKey: { pointer: a }", "is no JSON Pointer"),
    ("ordering: key, orderingKey: { header: 'a b' }", "name of a header"),
    ("ordering: key, orderingKey: {}", "the key is empty"),
    ("ordering: key, orderingKey: { header: X, pointer: /a }", "cannot both be here"),
    ("limits: { memory: { messages: 1 } }", "less than the least"),
  ])
  func says(more: String, expected: String) async throws {
    let text = try await problem(more)
    #expect(text.contains(expected.replacing("spec.", with: "integration.")))
  }

  @Test func saysThatABreakerIsNoWord() async throws {
    let text = try await problem("tenant: t", outgoing: "{ type: file, circuitBreaker: maybe }")
    #expect(text.contains("is neither off nor a map; write off, or { failures: 10, openFor: 30s }"))
  }
}
