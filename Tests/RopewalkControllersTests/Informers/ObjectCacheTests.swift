import RopewalkResources
import Testing

@testable import RopewalkControllers

@Suite struct ObjectCacheTests {
  private let collection = ResourceCollection(group: "test.dev", plural: "things")

  private func thing(_ name: String, _ version: Int) -> Resource {
    let metadata = ResourceMetadata(name: name, namespace: "default", resourceVersion: "\(version)")
    return Resource(apiVersion: "test.dev/v1", kind: "Thing", metadata: metadata)
  }

  private func told(_ changes: [ObjectChange]) -> [String] { changes.map { "\($0.kind) \($0.key.name)" }.sorted() }

  @Test func tellsWhatWasAddedModifiedAndDeleted() {
    let cache = Held(ObjectCache(collection))
    cache.with({ $0.begin() })
    #expect(told(cache.with({ $0.apply(.added(thing("a", 1))) })) == ["added a"])
    #expect(told(cache.with({ $0.apply(.bookmark(resourceVersion: "1")) })) == [])
    let changes = cache.with({ $0.apply(.modified(thing("a", 2))) })
    #expect(told(changes) == ["modified a"])
    #expect(changes.first?.old?.metadata.resourceVersion == "1")
    #expect(cache.value.position == "2")
    #expect(told(cache.with({ $0.apply(.deleted(thing("a", 3))) })) == ["deleted a"])
    #expect(told(cache.with({ $0.apply(.deleted(thing("a", 3))) })) == [])
    #expect(cache.value.position == "3")
  }

  @Test func aListingIsNoPlaceToGoOnFromUntilItIsComplete() {
    let cache = Held(ObjectCache(collection))
    cache.with({ $0.begin() })
    _ = cache.with({ $0.apply(.added(thing("a", 7))) })
    #expect(cache.value.position == nil)
    _ = cache.with({ $0.apply(.bookmark(resourceVersion: "9")) })
    #expect(cache.value.position == "9")
  }

  @Test func anotherListingTellsOnlyWhatIsDifferent() {
    let cache = Held(ObjectCache(collection))
    cache.with({ $0.begin() })
    for (name, version) in [("same", 1), ("changed", 2), ("gone", 3)] { _ = cache.with({ $0.apply(.added(thing(name, version))) }) }
    _ = cache.with({ $0.apply(.bookmark(resourceVersion: "3")) })
    cache.with({ $0.expire() })
    cache.with({ $0.begin() })
    #expect(told(cache.with({ $0.apply(.added(thing("same", 1))) })) == [])
    #expect(told(cache.with({ $0.apply(.added(thing("changed", 8))) })) == ["modified changed"])
    #expect(told(cache.with({ $0.apply(.added(thing("new", 9))) })) == ["added new"])
    #expect(told(cache.with({ $0.apply(.bookmark(resourceVersion: "9")) })) == ["deleted gone"])
    #expect(cache.value.objects.count == 3)
  }

  @Test func aListingThatBreaksOffDeletesNothing() {
    let cache = Held(ObjectCache(collection))
    cache.with({ $0.begin() })
    for name in ["a", "b"] { _ = cache.with({ $0.apply(.added(thing(name, 1))) }) }
    _ = cache.with({ $0.apply(.bookmark(resourceVersion: "1")) })
    cache.with({ $0.expire() })
    cache.with({ $0.begin() })
    _ = cache.with({ $0.apply(.added(thing("a", 1))) })
    cache.with({ $0.begin() })
    #expect(told(cache.with({ $0.apply(.added(thing("a", 1))) })) == [])
    #expect(told(cache.with({ $0.apply(.added(thing("b", 1))) })) == [])
    #expect(told(cache.with({ $0.apply(.bookmark(resourceVersion: "2")) })) == [])
  }
}
