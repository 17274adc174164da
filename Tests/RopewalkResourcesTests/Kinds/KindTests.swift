import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@Suite struct KindTests {
  private func definition(_ change: (inout JSONObject) -> Void = { _ in }) -> Resource {
    var spec: JSONObject = [
      "group": "shop.example.com", "scope": "Namespaced", "names": ["plural": "carts", "kind": "Cart", "shortNames": ["ct"]],
      "versions": [
        [
          "name": "v1alpha1", "served": true, "storage": false,
          "schema": [
            "openAPIV3Schema": ["type": "object", "properties": ["spec": ["type": "object", "properties": ["size": ["type": "integer"]]]]]
          ],
        ],
        [
          "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
          "additionalPrinterColumns": [["name": "Size", "type": "integer", "jsonPath": ".spec.size"]],
          "schema": [
            "openAPIV3Schema": [
              "type": "object",
              "properties": [
                "spec": ["type": "object", "properties": ["size": ["type": "integer", "default": 1, "minimum": 1]]],
                "status": ["type": "object", "properties": ["ready": ["type": "boolean"]]],
              ],
            ]
          ],
        ],
      ],
    ]
    change(&spec)
    return .object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "carts.shop.example.com", ["spec": .object(spec)])
  }

  @Test func aDefinitionIsEstablishedAtOnce() async throws {
    try await withRegistry { registry, _ in
      let made = try await registry.add(definition())
      let conditions = made.status?["conditions"]?.array ?? []
      #expect(conditions.map { $0["type"]?.string } == ["NamesAccepted", "Established"])
      #expect(conditions.allSatisfy { $0["status"] == "True" })
      #expect(made.status?["storedVersions"] == ["v1"])
      #expect(made.status?["acceptedNames"]?["listKind"] == "CartList")
      let type = try #require(registry.type(group: "shop.example.com", version: "v1", plural: "carts"))
      #expect(type.hasStatus && type.shortNames == ["ct"] && type.columns.map(\.name) == ["Size"])

      let cart = try await registry.add(.object("shop.example.com/v1", "Cart", "a", in: "default", ["spec": [:]]))
      #expect(cart.spec == ["size": 1])
      await expect("resource.invalid") {
        try await registry.add(.object("shop.example.com/v1", "Cart", "b", in: "default", ["spec": ["size": 0]]))
      }
    }
  }

  @Test func objectsAreKeptInTheStorageVersion() async throws {
    try await withRegistry { registry, _ in
      try await registry.add(definition())
      try await registry.add(.object("shop.example.com/v1alpha1", "Cart", "a", in: "default", ["spec": ["size": 0]]))
      let key = ResourceKey(ResourceCollection(group: "shop.example.com", plural: "carts"), namespace: "default", name: "a")
      #expect(try await registry.get(key).apiVersion == "shop.example.com/v1")
    }
  }

  @Test func aSecondClientKnowsTheKinds() async throws {
    try await withRegistry { registry, store in
      try await registry.add(definition())
      let other = try await ResourceRegistry.open(store)
      #expect(other.type(apiVersion: "shop.example.com/v1", kind: "Cart") != nil)
    }
  }

  @Test(.timeLimit(.minutes(1))) func whatAnotherProcessDefinesIsFollowed() async throws {
    try await withRegistry { registry, store in
      let other = try await ResourceRegistry.open(store)
      let following = Task { try await other.run { _ in } }
      defer { following.cancel() }
      try await registry.add(definition())
      try await eventually { other.type(apiVersion: "shop.example.com/v1", kind: "Cart") != nil }
      try await registry.delete(ResourceKey(.customResourceDefinitions, name: "carts.shop.example.com"))
      try await eventually { other.type(apiVersion: "shop.example.com/v1", kind: "Cart") == nil }
    }
  }

  @Test func namesInUseAreNotAccepted() async throws {
    try await withRegistry { registry, _ in
      try await registry.add(definition())
      var second = definition { $0["names"] = ["plural": "wagons", "kind": "Wagon", "shortNames": ["ct"]] }
      second.metadata.name = "wagons.shop.example.com"
      let made = try await registry.add(second)
      #expect(made.status?["conditions"]?.array?.allSatisfy { $0["status"] == "False" } == true)
      #expect(registry.type(apiVersion: "shop.example.com/v1", kind: "Wagon") == nil)
    }
  }

  @Test func brokenDefinitionsAreRefusedWithEveryProblem() async throws {
    try await withRegistry { registry, _ in
      let broken = definition { spec in
        spec["group"] = "nodots"
        spec["conversion"] = ["strategy": "Webhook"]
        spec["versions"] = [["name": "v1", "served": true, "storage": false], ["name": "v1", "served": true, "storage": false]]
      }
      let error = await #expect(throws: RopewalkError.self) { try await registry.add(broken) }
      let fields = Set(error?.invalidFields.map(\.field) ?? [])
      #expect(
        fields == [
          "spec.group", "metadata.name", "spec.versions", "spec.versions[1].name", "spec.versions[0].schema.openAPIV3Schema",
          "spec.versions[1].schema.openAPIV3Schema", "spec.conversion.strategy",
        ]
      )
    }
  }

  @Test func theBuiltInKindsAreThere() async throws {
    try await withRegistry { registry, _ in
      for (version, kind) in [
        ("v1", "Namespace"), ("v1", "Secret"), ("v1", "Event"), ("ropewalk.dev/v1", "Integration"), ("ropewalk.dev/v1", "Customer"),
        ("ropewalk.dev/v1", "Controller"), ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("rbac.authorization.k8s.io/v1", "Role"), ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"), ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
      ] {
        let type = try #require(registry.type(apiVersion: version, kind: kind))
        #expect(type.schema != nil)
      }
      try await registry.add(
        .object(
          "rbac.authorization.k8s.io/v1",
          "ClusterRole",
          "system:admin",
          ["rules": [["verbs": ["*"], "resources": ["*"], "apiGroups": ["*"]]]]
        )
      )
    }
  }

  /// Whatever is in the example of an integration's file can be stored, and read again as an integration.
  @Test func anIntegrationIsKeptAsItsFileHasIt() async throws {
    try await withRegistry { registry, _ in
      let spec = try JSON.parse(
        """
        {"customer":{"header":"X-Customer-ID"},
         "incoming":[{"type":"http-webhook","config":{"listen":"127.0.0.1:8080","endpoint":"/in"}}],
         "steps":[{"filter":{"type":"wasm","inline":"export function process(message) { return message }","config":{"timeout":"2s"}}}],
         "outgoing":{"type":"http","config":{"url":"${SECRET:erp-url.value}"}},
         "ordering":"none","limits":{"queuePerCustomer":10},"alerts":{"after":5,"within":"1m"}}
        """
      )
      let stored = try await registry.add(.object("ropewalk.dev/v1", "Integration", "orders", in: "default", ["spec": spec]))
      let secrets = FixedSecretSource(["erp-url.value": Secret("https://erp.example/")], place: "the test")
      let contents = try await IntegrationFile.read(stored, in: IntegrationContext(references: ReferenceResolver(secrets: secrets)))
      let integration = try #require(contents.integrations.first)
      #expect(integration.metadata.name == "orders" && integration.spec.steps.count == 1)
      let broken = Resource.object("ropewalk.dev/v1", "Integration", "b", in: "default", ["spec": ["incoming": ["type": "nothing"]]])
      await #expect(throws: DiagnosticsError.self) { try await IntegrationFile.read(broken) }
      await expect("resource.malformed") {
        try await registry.add(.object("ropewalk.dev/v1", "Integration", "b", in: "default", ["spec": ["outgiong": []]]))
      }
    }
  }
}
