package import RopewalkCore
package import RopewalkResources
package import Testing

extension ResourceStoreLaw {
  func verifyObjectsComeBackWhole(_ store: any ResourceStore) async throws {
    var item = Resource.item("a", labels: ["b": "2", "a": "1"])
    item.metadata.annotations = ["note": "zwei ✓ \" \n"]
    item.metadata.generation = 3
    item.metadata.creationTimestamp = Timestamp(rfc3339: "2026-11-21T10:15:30Z")
    item.metadata.deletionTimestamp = Timestamp(rfc3339: "2026-11-21T10:15:31Z")
    item.metadata.deletionGracePeriodSeconds = 0
    item.metadata.finalizers = ["example.com/hold"]
    item.metadata.ownerReferences = [
      OwnerReference(apiVersion: "v1", kind: "Box", name: "b", uid: "u", controller: true, blockOwnerDeletion: true)
    ]
    item.metadata.others = ["extra": ["z": 1, "a": [.null, true]]]
    item.fields = ["status": ["phase": "Ready"], "spec": ["big": .number(.init(literal: "12345678901234567890.10")), "empty": [:]]]
    let written = try await store.add(item)
    item.metadata.resourceVersion = written.metadata.resourceVersion
    #expect(written == item)
    #expect(try await store.get(.item("a")) == item)
    #expect(try await store.list(ResourceQuery(.items)).items == [item])
  }

  func verifyVersionsGrow(_ store: any ResourceStore) async throws {
    let a = try await store.add(.item("a"))
    let b = try await store.add(.item("b"))
    let c = try await store.replace(.item("c"), whenAbsent: true)
    let b2 = try await store.replace(b)
    let gone = try await store.remove(.item("a"), ifVersion: a.metadata.resourceVersion)
    let versions = [a, b, c, b2, gone].map(\.version)
    #expect(versions == versions.sorted() && Set(versions).count == versions.count && versions[0] > 0, "\(versions)")
    #expect(try await store.list(ResourceQuery(.items)).resourceVersion == gone.metadata.resourceVersion)
    #expect(gone.metadata.name == "a")
  }

  func verifyWritesExpect(_ store: any ResourceStore) async throws {
    let first = try await store.add(.item("a", count: 1))
    await expect("store.conflict") { try await store.add(.item("a", count: 2)) }
    var second = first
    second.spec = ["count": 3]
    second = try await store.replace(second)
    await expect("store.conflict") { try await store.replace(first) }
    await expect("store.conflict") { try await store.write(.item("b"), at: .item("b"), expecting: .version("1")) }
    #expect(try await store.get(.item("a"))?.count == 3)
    #expect(try await store.get(.item("b")) == nil)
    #expect(try await store.list(ResourceQuery(.items)).resourceVersion == second.metadata.resourceVersion)
  }

  func verifyRemovalsExpect(_ store: any ResourceStore) async throws {
    let first = try await store.add(.item("a", count: 1))
    let second = try await store.replace(first)
    await expect("store.conflict") { try await store.remove(.item("a"), ifVersion: first.metadata.resourceVersion) }
    await expect("store.notFound") { try await store.remove(.item("b"), ifVersion: "1") }
    let gone = try await store.remove(.item("a"), ifVersion: second.metadata.resourceVersion)
    #expect(gone.count == 1)
    #expect(try await store.get(.item("a")) == nil)
    #expect(try await store.list(ResourceQuery(.items)).items.isEmpty)
    await expect("store.notFound") { try await store.remove(.item("a"), ifVersion: gone.metadata.resourceVersion) }
  }

  func verifyNamesCanBeUsedAgain(_ store: any ResourceStore) async throws {
    for round in 0..<3 {
      let item = try await store.add(.item("a", count: round))
      #expect(try await store.get(.item("a"))?.count == round)
      _ = try await store.remove(.item("a"), ifVersion: item.metadata.resourceVersion)
    }
    var kinds: [String] = []
    for event in try await store.events(ResourceQuery(.items), after: "0", count: 6) { kinds.append(event.word) }
    #expect(kinds == ["added", "deleted", "added", "deleted", "added", "deleted"])
  }

  func verifyCollectionsAreApart(_ store: any ResourceStore) async throws {
    try await store.add(.item("a", count: 1))
    try await store.add(.item("a", in: "other", count: 2))
    try await store.add(.item("a", count: 3), to: .boxes)
    #expect(try await store.get(.item("a"))?.count == 1)
    #expect(try await store.get(.item("a", in: "other"))?.count == 2)
    #expect(try await store.get(ResourceKey(.boxes, namespace: "default", name: "a"))?.count == 3)
    #expect(try await store.list(ResourceQuery(.items)).items.map(\.count) == [1, 2])
    #expect(try await store.list(ResourceQuery(.items, namespace: "other")).items.map(\.count) == [2])
    #expect(try await store.list(ResourceQuery(.items, namespace: "othe")).items.isEmpty)
  }

  func verifyDependents(_ store: any ResourceStore) async throws {
    func owned(_ name: String, by uids: [String]) -> Resource {
      var item = Resource.item(name)
      item.metadata.ownerReferences = uids.map { OwnerReference(apiVersion: "v1", kind: "Box", name: "box", uid: $0) }
      return item
    }
    func dependents(_ uid: String) async throws -> [String] { try await store.dependents(ofOwner: uid).map(\.0.name).sorted() }

    var a = try await store.add(owned("a", by: ["u1", "u2"]))
    let b = try await store.add(owned("b", by: ["u1"]))
    try await store.add(owned("b", by: ["u1"]), to: .boxes)
    #expect(try await dependents("u1") == ["a", "b", "b"])
    #expect(try await dependents("u2") == ["a"])
    a.metadata.ownerReferences.removeFirst()
    a = try await store.replace(a)
    _ = try await store.remove(.item("b"), ifVersion: b.metadata.resourceVersion)
    #expect(try await dependents("u1") == ["b"])
    #expect(try await store.dependents(ofOwner: "u2").map(\.1) == [a])
    #expect(try await dependents("u3").isEmpty)
  }

  /// 400 at once, each reading the object and writing one more over it until that succeeds.
  func verifyIncrements(_ store: any ResourceStore) async throws {
    let registry = try await ResourceRegistry.openForItems(store)
    _ = try await registry.create(.item("counter"), options: WriteOptions())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<400 {
        group.addTask {
          _ = try await registry.modify(.item("counter"), .main, options: WriteOptions()) { item in
            item.spec = .object(["count": .number(.init(item.count + 1))])
          }
        }
      }
      try await group.waitForAll()
    }
    let item = try #require(try await store.get(.item("counter")))
    #expect(item.count == 400)
    #expect(item.metadata.generation == 401)
  }
}

extension ResourceStore {
  fileprivate func replace(_ resource: Resource, whenAbsent: Bool) async throws -> Resource {
    try await write(
      resource,
      at: .item(resource.metadata.name),
      expecting: whenAbsent ? .absent : .version(resource.metadata.resourceVersion)
    )
  }
}

/// Records an issue unless the call fails with this code.
package func expect<Value>(
  _ code: String,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Value
) async {
  do {
    _ = try await body()
    Issue.record("expected \(code), and nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as RopewalkError {
    #expect(error.code.name == code, "\(error)", sourceLocation: sourceLocation)
  } catch {
    Issue.record("expected \(code): \(error)", sourceLocation: sourceLocation)
  }
}

extension ResourceRegistry {
  /// A client that knows the kind of ``Resource/item(_:in:count:labels:)``.
  package static func openForItems(
    _ store: any ResourceStore,
    settings: ResourceRegistrySettings = ResourceRegistrySettings(),
    sealing: SealingKeys? = nil,
    stopwatch: Stopwatch = Stopwatch()
  ) async throws -> ResourceRegistry {
    let registry = try await open(store, settings: settings, sealing: sealing, stopwatch: stopwatch)
    var definition = Resource(
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: ResourceMetadata(name: "items.inventory.example.com")
    )
    let count: JSON = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
    definition.spec = [
      "group": "inventory.example.com", "scope": "Namespaced", "names": ["plural": "items", "kind": "Item"],
      "versions": [
        [
          "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
          "schema": ["openAPIV3Schema": ["type": "object", "properties": ["spec": count, "status": count]]],
        ]
      ],
    ]
    do { _ = try await registry.create(definition, options: WriteOptions()) } catch let error as RopewalkError
      where error.code == .resourceExists
    {}
    return registry
  }
}
