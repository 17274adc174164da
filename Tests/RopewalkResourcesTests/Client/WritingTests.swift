import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@Suite struct WritingTests {
  @Test func creatingFillsTheEnvelopeIn() async throws {
    try await withRegistry { registry, store in
      var item = Resource.item("a", count: 1)
      item.metadata.uid = "mine"
      item.status = ["phase": "Ready"]
      item.metadata.others = ["managedFields": []]
      let made = try await registry.add(item)
      #expect(made.metadata.uid != "mine" && made.metadata.uid.count == 36)
      #expect(made.metadata.generation == 1)
      #expect(made.metadata.creationTimestamp != nil)
      #expect(made.status == nil)
      #expect(made.metadata.others == ["managedFields": []])
      #expect(try await registry.get(.item("a")) == made)
      await expect("resource.exists") { try await registry.add(.item("a")) }
    }
  }

  @Test func whatAnObjectIsCannotBeChanged() async throws {
    try await withRegistry { registry, _ in
      try await registry.add(.item("a"))
      for (apiVersion, kind) in [("inventory.example.com/v1", "Nonsense"), ("ropewalk.dev/v1", "Customer")] {
        await expect("resource.malformed") {
          try await registry.change(.item("a")) { ($0.apiVersion, $0.kind) = (apiVersion, kind) }
        }
      }
      #expect(try await registry.get(.item("a")).kind == "Item")
    }
  }

  /// An object of a time before that was said must still be changed, and above all deleted.
  @Test func metadataThatNobodyKnowsGoesWithTheNextWrite() async throws {
    try await withRegistry { registry, store in
      var strange = Resource.item("a")
      strange.metadata.others = ["lables": ["a": "b"]]
      await expect("resource.malformed") { [strange] in try await registry.add(strange) }
      _ = try await store.write(strange, at: .item("a"), expecting: .absent)
      let changed = try await registry.change(.item("a"), .status) { $0.status = ["phase": "Ready"] }
      #expect(changed.metadata.others.isEmpty && changed.status == ["phase": "Ready"])
    }
  }

  @Test func whereObjectsLieCannotBeChanged() async throws {
    try await withRegistry { registry, _ in
      let key = ResourceKey(.customResourceDefinitions, name: "items.inventory.example.com")
      let error = await #expect(throws: RopewalkError.self) {
        try await registry.change(key) { definition in
          var spec = definition.spec?.object ?? [:]
          spec["scope"] = "Cluster"
          definition.spec = .object(spec)
        }
      }
      #expect(error?.invalidFields.map(\.field) == ["spec.scope"])
    }
  }

  @Test func whatANamespaceHoldsIsHeldByTheServer() async throws {
    try await withRegistry { registry, _ in
      let key = ResourceKey(.namespaces, name: "team")
      try await registry.add(.object("v1", "Namespace", "team"))
      try await registry.add(.item("a", in: "team").held(by: "example.com/hold"))
      try await registry.delete(key)
      await expect("resource.invalid") { try await registry.change(key) { $0.metadata.finalizers = [] } }
      #expect(try await registry.get(key).status == ["phase": "Terminating"])
      try await registry.change(.item("a", in: "team")) { $0.metadata.finalizers = [] }
      try await registry.sweep()
      await expect("resource.notFound") { try await registry.get(key) }
    }
  }

  @Test func namesAreGenerated() async throws {
    try await withRegistry { registry, _ in
      var item = Resource.item("")
      item.metadata.generateName = "item-"
      let names = [try await registry.add(item), try await registry.add(item)].map(\.metadata.name)
      #expect(names.allSatisfy { $0.hasPrefix("item-") && $0.count == 10 } && names[0] != names[1])
    }
  }

  @Test(arguments: [
    ("Upper", "metadata.name"), ("a_b", "metadata.name"), ("-a", "metadata.name"), ("", "metadata.name"),
    (String(repeating: "a", count: 254), "metadata.name"), ("a/b", "metadata.name"),
  ])
  func namesOutsideOfTheRules(name: String, field: String) async throws {
    try await withRegistry { registry, _ in
      let error = await #expect(throws: RopewalkError.self) { try await registry.add(.item(name)) }
      #expect(error?.code.name == "resource.invalid")
      #expect(error?.invalidFields.map(\.field) == [field])
    }
  }

  @Test func everyProblemIsSaid() async throws {
    try await withRegistry { registry, _ in
      var item = Resource.item("a", in: "inventory", labels: ["bad key": "v", "k": "bad value!"]).held(by: "no/such/finalizer")
      item.metadata.annotations = ["": "x"]
      item.metadata.ownerReferences = [OwnerReference(apiVersion: "", kind: "A", name: "b", uid: "u")]
      let error = await #expect(throws: RopewalkError.self) { try await registry.add(item) }
      let fields = (error?.invalidFields.map(\.field) ?? []).sorted()
      #expect(
        fields == [
          "metadata.annotations", "metadata.finalizers[0]", "metadata.labels", "metadata.labels", "metadata.ownerReferences[0].apiVersion",
        ]
      )
    }
  }

  @Test func theGenerationCountsWhatIsWanted() async throws {
    try await withRegistry { registry, _ in
      try await registry.add(.item("a", count: 1))
      #expect(try await registry.change(.item("a")) { $0.metadata.labels["x"] = "y" }.metadata.generation == 1)
      #expect(try await registry.change(.item("a"), .status) { $0.status = ["phase": "Ready"] }.metadata.generation == 1)
      let changed = try await registry.change(.item("a")) { $0.spec = ["count": 2] }
      #expect(changed.metadata.generation == 2)
      #expect(changed.status == ["phase": "Ready"])
    }
  }

  @Test func statusAndTheRestAreWrittenApart() async throws {
    try await withRegistry { registry, _ in
      try await registry.add(.item("a", count: 1))
      let status = try await registry.change(.item("a"), .status) {
        $0.status = ["phase": "Ready"]
        $0.spec = ["count": 9]
        $0.metadata.labels["x"] = "y"
      }
      #expect(status.count == 1 && status.metadata.labels.isEmpty && status.status == ["phase": "Ready"])
      let main = try await registry.change(.item("a")) {
        $0.status = ["phase": "Broken"]
        $0.spec = ["count": 2]
      }
      #expect(main.count == 2 && main.status == ["phase": "Ready"])
      await expect("resource.notFound") {
        try await registry.change(ResourceKey(.clusterRoles, name: "none"), .status) { _ in }
      }
    }
  }

  @Test func writingTheSameChangesNothing() async throws {
    try await withRegistry { registry, _ in
      let made = try await registry.add(.item("a", count: 1))
      let same = try await registry.update(made, .main, options: WriteOptions())
      #expect(same.metadata.resourceVersion == made.metadata.resourceVersion)
    }
  }

  @Test func updatesOfAnOldVersionConflict() async throws {
    try await withRegistry { registry, _ in
      var old = try await registry.add(.item("a", count: 1))
      try await registry.change(.item("a")) { $0.spec = ["count": 2] }
      old.spec = ["count": 3]
      await expect("resource.conflict") { try await registry.update(old, .main, options: WriteOptions()) }
      old.metadata.resourceVersion = ""
      #expect(try await registry.update(old, .main, options: WriteOptions()).count == 3)
      old.metadata.uid = "other"
      await expect("resource.conflict") { try await registry.update(old, .main, options: WriteOptions()) }
      await expect("resource.notFound") { try await registry.update(.item("none"), .main, options: WriteOptions()) }
      await expect("resource.malformed") { try await registry.change(.item("a")) { $0.metadata.name = "b" } }
    }
  }

  @Test func dryRunsWriteNothing() async throws {
    try await withRegistry { registry, store in
      var options = WriteOptions()
      options.isDryRun = true
      let before = try await store.list(ResourceQuery(.items)).resourceVersion
      #expect(try await registry.add(.item("a", count: 1), options).metadata.uid.isEmpty == false)
      await expect("resource.notFound") { try await registry.get(.item("a")) }
      await expect("resource.invalid") { try await registry.add(.item("A"), options) }
      #expect(try await store.list(ResourceQuery(.items)).resourceVersion == before)
    }
  }

  @Test func largeObjectsAreRefused() async throws {
    try await withRegistry { registry, _ in
      let large = Resource.object(
        "inventory.example.com/v1",
        "Item",
        "a",
        in: "default",
        ["spec": ["text": .string(String(repeating: "x", count: 3_000_000))]]
      )
      let error = await #expect(throws: RopewalkError.self) { try await registry.add(large) }
      #expect(error?.code.name == "resource.tooLarge")
      #expect(error?.message.contains("maxObjectSize") == true)
    }
  }

  @Test func kindsAndNamespacesMustBeThere() async throws {
    try await withRegistry { registry, _ in
      await expect("resource.unknownKind") { try await registry.add(.object("v9", "Item", "a", in: "default")) }
      await expect("resource.unknownKind") { try await registry.list(ResourceQuery(.boxes)) }
      await expect("resource.notFound") { try await registry.add(.item("a", in: "nowhere")) }
      await expect("resource.forbidden") { try await registry.delete(ResourceKey(.namespaces, name: "default")) }
    }
  }

  @Test func unknownFieldsAreRefusedWarnedOfOrDropped() async throws {
    try await withRegistry { registry, _ in
      let customer = Resource.object("ropewalk.dev/v1", "Customer", "acme", in: "default", ["spec": ["id": "acme", "wieght": 5]])
      let error = await #expect(throws: RopewalkError.self) { try await registry.add(customer) }
      #expect(error?.message.contains("unknown field \"spec.wieght\"") == true)
      let warnings = Mutex<[String]>([])
      var options = WriteOptions()
      options.fieldValidation = .warn
      options.onWarning = { warning in warnings.withLock { $0.append(warning) } }
      let made = try await registry.add(customer, options)
      #expect(made.spec == ["id": "acme"])
      #expect(warnings.withLock { $0 } == ["unknown field \"spec.wieght\""])
    }
  }
}
