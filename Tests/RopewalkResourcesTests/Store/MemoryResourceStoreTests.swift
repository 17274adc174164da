import RopewalkCore
import RopewalkResources
import RopewalkTesting
import Testing

@Suite struct MemoryResourceStoreTests {
  @Test(arguments: ResourceStoreLaw.allCases) func keepsTheLaw(_ law: ResourceStoreLaw) async throws {
    try await law.verify { limits in MemoryResourceStore(limits: limits) }
  }

  @Test func theOrderHoldsForManyObjects() async throws {
    let store = MemoryResourceStore()
    var generator = SeededGenerator(seed: 7)
    let names = (0..<3000).map { "n\($0 + 10_000)" }
    for name in names.shuffled(using: &generator) { try await store.add(.item(name)) }
    var gone: Set<String> = []
    for name in names.shuffled(using: &generator).prefix(1000) {
      let item = try #require(try await store.get(.item(name)))
      _ = try await store.remove(.item(name), ifVersion: item.metadata.resourceVersion)
      gone.insert(name)
    }
    var query = ResourceQuery(.items, limit: 77)
    var seen: [String] = []
    repeat {
      let page = try await store.list(query)
      seen += page.items.map(\.metadata.name)
      query.continue = page.continue
    } while query.continue != nil
    #expect(seen == names.filter { !gone.contains($0) })
  }
}
