import RopewalkCore
import RopewalkPipeline
import RopewalkResources
import Testing

@testable import RopewalkDaemon

@Suite struct CustomerDeclarationTests {
  private static let spec: JSONObject = [
    "customer": ["header": "X-Customer-ID"],
    "incoming": ["type": "generate"],
    "steps": [
      [
        "converter": [
          "name": "mark", "inline": "export const process = (m) => m", "config": ["settings": ["a": 1, "b": 1], "cpuWeight": 200],
        ]
      ],
      ["filter": ["function": "select", "config": ["settings": ["pointer": "/a"]]]],
    ],
    "outgoing": [["type": "file", "steps": [["filter": ["name": "own", "inline": "export const process = (m) => m"]]]]],
  ]

  private func resource(_ kind: String, _ name: String, _ spec: JSONObject) -> Resource {
    Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: kind,
      metadata: ResourceMetadata(name: name, namespace: "default"),
      fields: ["spec": .object(spec)]
    )
  }

  private func applied(_ customer: JSONObject) async throws -> JSON? {
    let contents = try await IntegrationFile.read(resource("Integration", "orders", Self.spec))
    let integration = try #require(contents.integrations.first)
    return try CustomerDeclaration(resource("Customer", "acme", customer)).applied(to: Self.spec, of: integration, named: "orders")
      .map { .object($0) }
  }

  /// The server's secrets are for what the operator's file refers to. What a Customer adds to it refers to the namespace's.
  @Test func whatACustomerNamesIsNotLookedUpAmongTheServersSecrets() async throws {
    struct Named: SecretSource {
      let prefix: String
      func secret(named name: String) async throws -> Secret? { Secret("\(prefix) \(name)") }
      func place(ofSecretNamed name: String) -> String { prefix }
    }
    let customer = CustomerDeclaration(
      resource(
        "Customer",
        "acme",
        [
          "configuration": ["orders": ["a": "${SECRET:mine}", "b": ["Bearer ${SECRET:erp}"]]],
          "credentials": ["login": ["secretRef": ["name": "vault", "key": "token"]]],
        ]
      )
    )
    let secrets = customer.secrets(own: Named(prefix: "own"), common: Named(prefix: "common"))
    for (name, value) in [("mine", "own mine"), ("erp", "own erp"), ("login", "own vault.token"), ("theirs", "common theirs")] {
      #expect(try await secrets.secret(named: name)?.reveal() == value)
    }
    #expect(secrets.place(ofSecretNamed: "mine") == "own" && secrets.place(ofSecretNamed: "theirs") == "common")
  }

  @Test func theTermsAreTheLimits() throws {
    let limits: JSONObject = ["messagesPerSecond": .number(JSONNumber(literal: "0.5")), "queue": 7, "messageSize": "4Ki"]
    let declaration = CustomerDeclaration(resource("Customer", "acme-ltd", ["id": "acme", "limits": .object(limits), "suspended": true]))
    #expect(declaration.id == "acme" && declaration.tenant == "default")
    #expect(
      try declaration.terms()
        == CustomerTerms(refusal: "customer 'acme' is suspended", messagesPerSecond: 0.5, queue: 7, maxPayloadSize: ByteCount(4096))
    )
    for size in ["large", -1] as [JSON] {
      let wrong = CustomerDeclaration(resource("Customer", "acme", ["limits": ["messageSize": size]]))
      let error = #expect(throws: DiagnosticsError.self) { try wrong.terms() }
      #expect(error?.description.contains("spec.limits.messageSize: this is no size; write one such as 1Mi") == true)
    }
  }

  @Test func whatIsEveryonesIsLeftAlone() async throws {
    #expect(try await applied([:]) == nil)
    #expect(try await applied(["configuration": ["invoices": ["a": 2]], "limits": ["queue": 1]]) == nil)
  }

  @Test func settingsAndLimitsGoIntoEveryStep() async throws {
    let spec = try #require(
      try await applied([
        "configuration": ["*": ["b": 2, "c": 2], "orders": ["c": 3]], "limits": ["weight": 2, "memory": "32Mi", "timeout": "2s"],
      ])
    )
    let mark = spec["steps"]?.array?[0]["converter"]?["config"]
    #expect(mark?["settings"] == ["a": 1, "b": 2, "c": 3])
    #expect(mark?["cpuWeight"] == 400 && mark?["memoryLimit"] == "32Mi" && mark?["timeout"] == "2s")
    // A built-in function has neither memory nor a weight, and refuses options that it does not know.
    let select = spec["steps"]?.array?[1]["filter"]?["config"]
    #expect(select?["settings"] == ["pointer": "/a"])
    #expect(select?["timeout"] == "2s" && select?["memoryLimit"] == nil && select?["cpuWeight"] == nil)
    #expect(spec["outgoing"]?.array?[0]["steps"]?.array?[0]["filter"]?["config"]?["memoryLimit"] == "32Mi")
  }

  @Test func aFunctionGetsOtherValuesOfItsOptions() async throws {
    let spec = try #require(try await applied(["configuration": ["*": ["pointer": "/b", "currency": "EUR"]]]))
    #expect(spec["steps"]?.array?[1]["filter"]?["config"]?["settings"] == ["pointer": "/b"])
  }

  @Test func scriptsReplaceStepsByName() async throws {
    let script: JSONObject = [
      "integration": "orders", "step": "own", "inline": "export const process = () => {}", "config": ["timeout": "9s"],
    ]
    let other: JSONObject = ["integration": "invoices", "step": "nothing", "inline": "…"]
    let spec = try #require(try await applied(["scripts": [.object(script), .object(other)]]))
    #expect(
      spec["outgoing"]?.array?[0]["steps"]?.array?[0]["filter"] == [
        "name": "own", "inline": "export const process = () => {}", "config": ["timeout": "9s"],
      ]
    )
    #expect(spec["steps"] == Self.spec["steps"])
  }

  @Test func aScriptOfNoStepIsSaid() async throws {
    let script: JSONObject = ["integration": "orders", "step": "marc", "inline": "x"]
    let error = await #expect(throws: DiagnosticsError.self) { try await applied(["scripts": [.object(script)]]) }
    #expect(error?.description.contains("the integration orders has no step 'marc'; there are mark, filter-2, own") == true)
  }
}
