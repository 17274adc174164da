import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@Suite struct SecretTests {
  private let oldKey = SealingKeys.makeKey().reveal()
  private let newKey = SealingKeys.makeKey().reveal()
  private let key = ResourceKey(.secrets, namespace: "default", name: "erp")

  private func secret(_ fields: JSONObject, _ name: String = "erp") -> Resource { .object("v1", "Secret", name, in: "default", fields) }

  @Test func valuesAreKeptEncryptedAndNotGivenBack() async throws {
    try await withRegistry(sealing: try SealingKeys([oldKey])) { registry, store in
      var written = secret(["data": ["url": "aHR0cHM6Ly9lcnA="], "stringData": ["token": "s3cret-t0ken"]])
      written.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"] = "s3cret-t0ken"
      let made = try await registry.add(written)
      #expect(made.fields["data"] == ["url": "", "token": ""])
      #expect(made.fields["type"] == "Opaque")
      let kept = try #require(try await store.get(key)).json.text()
      for text in ["s3cret", "aHR0cHM6Ly9lcnA=", "https://erp"] { #expect(!kept.contains(text)) }
      #expect(try await registry.get(key).fields["data"] == ["url": "", "token": ""])
      #expect(try await registry.list(ResourceQuery(.secrets)).items.first?.fields["sealed"] == nil)
      let event = try await registry.watch(ResourceQuery(.secrets), after: nil).first(1).first
      guard case .added(let seen) = event else { return }
      #expect(seen == made)
      let values = try await registry.secretValues(key)
      #expect(values.mapValues { $0.reveal() } == ["url": "https://erp", "token": "s3cret-t0ken"])
    }
  }

  @Test func whatIsLeftEmptyStays() async throws {
    try await withRegistry(sealing: try SealingKeys([oldKey])) { registry, _ in
      let made = try await registry.add(secret(["stringData": ["a": "1", "b": "2"]]))
      let same = try await registry.update(made, .main, options: WriteOptions())
      #expect(same.metadata.resourceVersion == made.metadata.resourceVersion)
      try await registry.change(key) { $0.fields["data"] = ["a": "", "c": "Mw=="] }
      #expect(try await registry.secretValues(key).mapValues { $0.reveal() } == ["a": "1", "c": "3"])
    }
  }

  @Test func keysRotate() async throws {
    let store = MemoryResourceStore()
    let before = try await ResourceRegistry.open(store, sealing: try SealingKeys([oldKey]))
    _ = try await before.create(secret(["stringData": ["a": "1"]]), options: WriteOptions())
    let without = try await ResourceRegistry.open(store, sealing: try SealingKeys([newKey]))
    await expect("secret.sealed") { try await without.secretValues(key) }
    let between = try await ResourceRegistry.open(store, sealing: try SealingKeys([newKey, oldKey]))
    #expect(try await between.secretValues(key)["a"]?.reveal() == "1")
    #expect(try await between.sealSecretsAnew() == 1)
    #expect(try await between.sealSecretsAnew() == 0)
    #expect(try await without.secretValues(key)["a"]?.reveal() == "1")
  }

  @Test func aValueCannotBeMovedElsewhere() async throws {
    try await withRegistry(sealing: try SealingKeys([oldKey])) { registry, store in
      try await registry.add(secret(["stringData": ["a": "1"]]))
      try await registry.add(secret(["stringData": ["a": "2"]], "other"))
      var stolen = try #require(try await store.get(key))
      let other = ResourceKey(.secrets, namespace: "default", name: "other")
      let target = try #require(try await store.get(other))
      stolen.metadata = target.metadata
      _ = try await store.write(stolen, at: other, expecting: .version(target.metadata.resourceVersion))
      await expect("secret.sealed") { try await registry.secretValues(other) }
    }
  }

  @Test func withoutAKeyNothingIsKept() async throws {
    try await withRegistry { registry, _ in
      let error = await #expect(throws: RopewalkError.self) { try await registry.add(secret(["stringData": ["a": "s3cret"]])) }
      #expect(error?.code.name == "secret.key")
      #expect(error?.message.contains(SealingKeys.secretName) == true)
      #expect(error?.description.contains("s3cret") == false)
    }
    #expect(throws: RopewalkError.self) { try SealingKeys(["c2hvcnQ="]) }
  }

  @Test func referencesAreFilledInFromSecrets() async throws {
    try await withRegistry(sealing: try SealingKeys([oldKey])) { registry, _ in
      try await registry.add(secret(["stringData": ["value": "https://erp"]], "erp-url"))
      try await registry.add(secret(["stringData": ["user": "u", "password": "p"]], "db"))
      let keys = [SealingKeys.secretName, SealingKeys.oldSecretName, "RESOURCE_ENCRYPTION_KEY"]
      let hidden = Dictionary(uniqueKeysWithValues: keys.map { ($0, Secret("k")) })
      let fallback = FixedSecretSource(["elsewhere": Secret("e")].merging(hidden) { $1 }, place: "the test")
      let source = ResourceSecretSource(registry, namespace: "default", fallback: fallback)
      #expect(try await source.secret(named: "erp_url")?.reveal() == "https://erp")
      #expect(try await source.secret(named: "db.password")?.reveal() == "p")
      #expect(try await source.secret(named: "db") == nil)
      #expect(try await source.secret(named: "elsewhere")?.reveal() == "e")
      #expect(try await ResourceSecretSource(registry, namespace: "inventory").secret(named: "erp_url") == nil)
      for key in keys { #expect(try await source.secret(named: key) == nil) }
    }
  }
}
