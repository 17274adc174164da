import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

@Suite struct IntegrationChangeTests {
  /// An integration with a connection in which a secret stands.
  private func declared(_ connection: String, secret: String) async throws -> DeclaredIntegration {
    let text = """
      integration:
        id: orders
        customer: acme
        incoming: { type: generate }
        outgoing: { type: mail, plugin: ./mail, \(connection) }
      """
    let references = ReferenceResolver(secrets: FixedSecretSource(["token": Secret(secret)], place: "the test"))
    let contents = try await IntegrationFile.parse(text: text, file: "a.yaml", in: IntegrationContext(references: references))
    return DeclaredIntegration(
      integration: contents.integrations[0],
      generation: 1,
      uid: "1",
      spec: ["outgoing": .string(connection)],
      secrets: contents.secrets
    )
  }

  @Test(arguments: [
    #"config: { token: "${SECRET:token}" }"#, #"credentials: { token: "${SECRET:token}" }"#, #"environment: { TOKEN: "${SECRET:token}" }"#,
  ])
  func anotherSecretInAConnectionAsksForAnotherRun(_ connection: String) async throws {
    let old = try await declared(connection, secret: "old")
    #expect(IntegrationChange(from: old, to: try await declared(connection, secret: "old")) == .none)
    #expect(IntegrationChange(from: old, to: try await declared(connection, secret: "new")) == .everything)
  }
}
