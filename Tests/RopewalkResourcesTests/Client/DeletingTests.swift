import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Synchronization
import Testing

@Suite struct DeletingTests {
  @Test func finalizersHoldAnObject() async throws {
    try await withRegistry { registry, _ in
      try await registry.add(.item("a").held(by: "example.com/one", "example.com/two"))
      let marked = try await registry.delete(.item("a"))
      #expect(marked.metadata.deletionTimestamp != nil)
      #expect(marked.metadata.generation == 2)
      let again = try await registry.delete(.item("a"))
      #expect(again.metadata.resourceVersion == marked.metadata.resourceVersion)
      await expect("resource.invalid") { try await registry.change(.item("a")) { $0.metadata.finalizers.append("example.com/three") } }
      try await registry.change(.item("a")) { $0.metadata.finalizers = ["example.com/two"] }
      #expect(try await registry.names() == ["a"])
      try await registry.change(.item("a")) { $0.metadata.finalizers = [] }
      #expect(try await registry.names().isEmpty)
    }
  }

  @Test func preconditionsHold() async throws {
    try await withRegistry { registry, _ in
      let item = try await registry.add(.item("a"))
      var options = DeleteOptions()
      options.uid = "other"
      await expect("resource.conflict") { [options] in try await registry.delete(.item("a"), options: options) }
      options.uid = item.metadata.uid
      options.resourceVersion = "1"
      await expect("resource.conflict") { [options] in try await registry.delete(.item("a"), options: options) }
      options.resourceVersion = item.metadata.resourceVersion
      options.isDryRun = true
      _ = try await registry.delete(.item("a"), options: options)
      #expect(try await registry.names() == ["a"])
      options.isDryRun = false
      _ = try await registry.delete(.item("a"), options: options)
      await expect("resource.notFound") { try await registry.delete(.item("a")) }
    }
  }

  @Test func whatIsOwnedGoesToo() async throws {
    try await withRegistry { registry, _ in
      let a = try await registry.add(.item("a"))
      let b = try await registry.add(.item("b").owned(by: a))
      let other = try await registry.add(.item("other"))
      try await registry.add(.item("c").owned(by: b))
      try await registry.add(.item("shared").owned(by: a, other))
      try await registry.add(.item("held").owned(by: a).held(by: "example.com/hold"))
      try await registry.delete(.item("a"))
      #expect(try await registry.names() == ["held", "other", "shared"])
      #expect(try await registry.get(.item("shared")).metadata.ownerReferences.map(\.name) == ["other"])
      #expect(try await registry.get(.item("held")).metadata.deletionTimestamp != nil)
    }
  }

  @Test func orphansStay() async throws {
    try await withRegistry { registry, _ in
      let a = try await registry.add(.item("a"))
      try await registry.add(.item("b").owned(by: a))
      try await registry.delete(.item("a"), .orphan)
      #expect(try await registry.names() == ["b"])
      #expect(try await registry.get(.item("b")).metadata.ownerReferences.isEmpty)
    }
  }

  @Test func anOwnerInTheForegroundGoesLast() async throws {
    try await withRegistry { registry, store in
      let a = try await registry.add(.item("a"))
      let b = try await registry.add(.item("b").owned(by: a, blocking: true))
      try await registry.add(.item("c").owned(by: b, blocking: true).held(by: "example.com/hold"))
      let start = try await store.list(ResourceQuery(.items)).resourceVersion
      try await registry.delete(.item("a"), .foreground)
      #expect(try await registry.names() == ["a", "b", "c"])
      try await registry.change(.item("c")) { $0.metadata.finalizers = [] }
      #expect(try await registry.names().isEmpty)
      let gone = try await store.events(ResourceQuery(.items), after: start, count: 6).filter { $0.word == "deleted" }.compactMap(\.name)
      #expect(gone == ["c", "b", "a"])
    }
  }

  @Test(.timeLimit(.minutes(1)), arguments: [DeleteOptions.Propagation.background, .foreground])
  func cyclesOfOwnersEnd(_ propagation: DeleteOptions.Propagation) async throws {
    try await withRegistry { registry, _ in
      let a = try await registry.add(.item("a"))
      let b = try await registry.add(.item("b").owned(by: a, blocking: true))
      let c = try await registry.add(.item("c").owned(by: b, blocking: true))
      try await registry.change(.item("a")) { $0 = $0.owned(by: c, blocking: true) }
      try await registry.change(.item("b")) { $0 = $0.owned(by: b, blocking: true) }
      try await registry.delete(.item("a"), propagation)
      #expect(try await registry.names().isEmpty)
    }
  }

  @Test func aNamespaceTakesItsObjectsAlong() async throws {
    try await withRegistry { registry, _ in
      try await registry.add(.object("v1", "Namespace", "team"))
      for name in ["a", "b"] { try await registry.add(.item(name, in: "team")) }
      try await registry.add(.item("c", in: "team").held(by: "example.com/hold"))
      try await registry.add(.item("d"))
      let marked = try await registry.delete(ResourceKey(.namespaces, name: "team"))
      #expect(marked.status?["phase"] == "Terminating")
      #expect(try await registry.names() == ["d", "c"])
      await expect("resource.forbidden") { try await registry.add(.item("e", in: "team")) }
      try await registry.change(.item("c", in: "team")) { $0.metadata.finalizers = [] }
      #expect(try await registry.names() == ["d"])
      await expect("resource.notFound") { try await registry.get(ResourceKey(.namespaces, name: "team")) }
    }
  }

  @Test func aDefinitionTakesItsObjectsAlong() async throws {
    try await withRegistry { registry, _ in
      try await registry.add(.item("a"))
      try await registry.add(.item("b").held(by: "example.com/hold"))
      let key = ResourceKey(.customResourceDefinitions, name: "items.inventory.example.com")
      try await registry.delete(key)
      #expect(try await registry.names() == ["b"])
      try await registry.change(.item("b")) { $0.metadata.finalizers = [] }
      await expect("resource.notFound") { try await registry.get(key) }
      await expect("resource.unknownKind") { try await registry.get(.item("b")) }
    }
  }

  /// What a crash between two steps leaves, a sweep finishes.
  @Test func sweepsFinishWhatWasBegun() async throws {
    try await withRegistry { registry, store in
      let a = try await registry.add(.item("a"))
      try await registry.add(.item("b").owned(by: a))
      try await registry.add(.object("v1", "Namespace", "team"))
      try await registry.add(.item("c", in: "team"))
      // The owner goes, and nobody follows.
      _ = try await store.remove(.item("a"), ifVersion: a.metadata.resourceVersion)
      var team = try #require(try await store.get(ResourceKey(.namespaces, name: "team")))
      team.metadata.deletionTimestamp = .now
      team.metadata.finalizers = ["kubernetes"]
      _ = try await store.write(
        team,
        at: ResourceKey(.namespaces, name: "team"),
        expecting: .version(team.metadata.resourceVersion)
      )
      try await registry.sweep()
      #expect(try await registry.names().isEmpty)
      #expect(try await registry.names(.namespaces) == ["default", "inventory"])
    }
  }

  @Test func oldEventsAreSwept() async throws {
    try await withRegistry { registry, _ in
      for (name, time) in [("old", "2020-01-01T00:00:00Z"), ("new", Timestamp.now.rfc3339Seconds)] {
        try await registry.add(
          .object("v1", "Event", name, in: "default", ["involvedObject": ["kind": "Item", "name": "a"], "lastTimestamp": .string(time)])
        )
      }
      try await registry.sweep()
      #expect(try await registry.names(.events) == ["new"])
    }
  }

  /// The namespace ends between the look at it and the write, and another of its name is made.
  @Test(arguments: [false, true]) func whatIsMadeWhileItsNamespaceEndsIsNotLeftBehind(isMadeAnew: Bool) async throws {
    let key = ResourceKey(.namespaces, name: "team")
    let store = HookedStore()
    let registry = try await ResourceRegistry.openForItems(store)
    try await registry.add(.object("v1", "Namespace", "team"))
    store.beforeWrite.withLock { hook in
      hook = { written in
        guard written == .item("a", in: "team") else { return }
        _ = try await registry.delete(key)
        if isMadeAnew { _ = try await registry.add(.object("v1", "Namespace", "team")) }
      }
    }
    await expect("resource.forbidden") { try await registry.add(.item("a", in: "team")) }
    #expect(try await store.get(.item("a", in: "team")) == nil)
    let isThere = try await store.get(key) != nil
    #expect(isThere == isMadeAnew)
  }

  @Test func whatACrashLeftWithoutItsNamespaceIsSwept() async throws {
    try await withRegistry { registry, store in
      _ = try await store.write(.item("a", in: "gone"), at: .item("a", in: "gone"), expecting: .absent)
      try await registry.add(.item("b", in: "inventory"))
      try await registry.sweep()
      #expect(try await store.get(.item("a", in: "gone")) == nil)
      #expect(try await registry.names(in: "inventory") == ["b"])
    }
  }
}

/// A memory store in which something happens just before a write.
private final class HookedStore: ResourceStore {
  let beforeWrite = Mutex<(@Sendable (ResourceKey) async throws -> Void)?>(nil)
  private let base = MemoryResourceStore()

  func write(_ resource: Resource, at key: ResourceKey, expecting expectation: WriteExpectation) async throws -> Resource {
    try await beforeWrite.withLock(\.self)?(key)
    return try await base.write(resource, at: key, expecting: expectation)
  }

  func get(_ key: ResourceKey) async throws -> Resource? { try await base.get(key) }
  func list(_ query: ResourceQuery) async throws -> ResourceList { try await base.list(query) }
  func remove(_ key: ResourceKey, ifVersion version: String) async throws -> Resource { try await base.remove(key, ifVersion: version) }
  func watch(_ query: ResourceQuery, after version: String?) async throws -> ResourceWatch { try await base.watch(query, after: version) }
  func dependents(ofOwner uid: String) async throws -> [(ResourceKey, Resource)] { try await base.dependents(ofOwner: uid) }
}
