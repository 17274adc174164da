import RopewalkCore
import RopewalkPostgres
import RopewalkResources
import RopewalkTesting
import Testing

@Suite(
  .takesTurns(within: .seconds(300)),
  .enabled(if: PostgresServer.binaries != nil, "PostgreSQL is missing: run scripts/bootstrap --servers")
)
struct PostgresResourceStoreTests {
  /// One server for all laws; each has a schema of its own.
  @Test func keepsTheLaw() async throws {
    try await PostgresServer.run { server in
      for law in ResourceStoreLaw.allCases {
        let url = try await server.schema(law.rawValue)
        let opened = OpenStores()
        defer { opened.close() }
        do {
          try await law.verify { limits in
            opened.add(try await PostgresResourceStore.open(url: url, limits: limits))
          }
        } catch {
          Issue.record("\(law): \(error)")
        }
      }
    }
  }

  @Test func severalProcessesShareAStore() async throws {
    try await PostgresServer.run { server in
      let stores = OpenStores()
      defer { stores.close() }
      let a = stores.add(try await PostgresResourceStore.open(url: server.url))
      let b = stores.add(try await PostgresResourceStore.open(url: server.url))
      let watch = try await b.watch(ResourceQuery(.items), after: "0")
      // Both increment one counter, and both make objects of their own.
      let first = try await ResourceRegistry.openForItems(a)
      let second = try await ResourceRegistry.openForItems(b)
      _ = try await first.create(.item("counter"), options: WriteOptions())
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<100 {
          let registry = number.isMultiple(of: 2) ? first : second
          group.addTask {
            _ = try await registry.modify(.item("counter"), .main, options: WriteOptions()) { item in
              item.spec = .object(["count": .number(.init(item.count + 1))])
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await a.get(.item("counter"))?.count == 100)
      // The watch of the one sees the writes of the other, every one, in order.
      let seen = try await watch.first(101)
      #expect(seen.map(\.version) == seen.map(\.version).sorted())
      guard case .modified(let last) = seen.last else { return }
      #expect(last.count == 100)
    }
  }

  /// The server dies in the middle of writes: what was acknowledged is there, and no version is given twice.
  @Test func aServerThatDiesLosesNothing() async throws {
    try await PostgresServer.run { server in
      let store = try await PostgresResourceStore.open(url: server.url)
      defer { store.close() }
      var acknowledged: [String: String] = [:]
      for round in 0..<3 {
        let made = await withTaskGroup(of: [(String, String)].self) { group in
          for writer in 0..<4 {
            group.addTask {
              var made: [(String, String)] = []
              for number in 0... {
                guard let item = try? await store.add(.item("r\(round)-w\(writer)-\(number)")) else { break }
                made.append((item.metadata.name, item.metadata.resourceVersion))
                if writer == 0, number == 20 { server.kill() }
              }
              return made
            }
          }
          return await group.reduce(into: []) { $0 += $1 }
        }
        for (name, version) in made { acknowledged[name] = version }
        try await server.start()
      }
      for (name, version) in acknowledged { #expect(try await store.get(.item(name))?.metadata.resourceVersion == version) }
      #expect(Set(acknowledged.values).count == acknowledged.count)
      let all = try await store.list(ResourceQuery(.items)).items
      #expect(try await store.events(ResourceQuery(.items), after: "0", count: all.count).count == all.count)
    }
  }

  @Test func aServerThatIsNotThereIsSaid() async throws {
    let error = await #expect(throws: RopewalkError.self) {
      try await PostgresResourceStore.open(url: "postgresql://me:s3cret@127.0.0.1:1/none?connect_timeout=2")
    }
    #expect(error?.code.name == "store.unavailable")
    #expect(error?.description.contains("s3cret") == false)
  }
}
