import RopewalkCore
import RopewalkResources
import RopewalkSQLite

/// The loads; each prints a line of JSON.
struct ResourceLoad: Sendable {
  let folder: String

  private static let items = ResourceCollection(group: "ropewalk.dev", plural: "customers")

  private func key(_ number: Int) -> ResourceKey { ResourceKey(Self.items, namespace: "default", name: "customer-\(number)") }

  private func item(_ number: Int, text: Int = 100) -> Resource {
    Resource(
      apiVersion: "ropewalk.dev/v1",
      kind: "Customer",
      metadata: ResourceMetadata(
        name: "customer-\(number)",
        namespace: "default",
        labels: ["parity": number.isMultiple(of: 2) ? "even" : "odd"]
      ),
      fields: ["spec": ["displayName": .string(String(repeating: "x", count: text))]]
    )
  }

  func get(count: Int) async throws {
    let memory = MemoryResourceStore()
    try await measureGets("get.memory", count: count, from: memory) { _ = try await memory.get($0) }
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    for number in 0..<1000 { _ = try await registry.create(item(number), options: WriteOptions()) }
    try await measure("get.client", count: count, tasks: 4) { _ = try await registry.get(key($0 % 1000)) }
    let sqlite = try SQLiteResourceStore(folder: folder, durability: .process)
    try await measureGets("get.sqlite", count: count / 20, from: sqlite) { _ = try await sqlite.get($0) }
    try sqlite.close()
  }

  private func measureGets(
    _ name: String,
    count: Int,
    from store: any ResourceStore,
    _ body: @escaping @Sendable (ResourceKey) async throws -> Void
  ) async throws {
    for number in 0..<1000 { _ = try await store.write(item(number), at: key(number), expecting: .absent) }
    try await measure(name, count: count, tasks: 4) { try await body(key($0 % 1000)) }
  }

  func create(count: Int) async throws {
    let store = try SQLiteResourceStore(folder: folder)
    let registry = try await ResourceRegistry.open(store)
    let before = store.transactions
    try await measure("create.sqlite", count: count, tasks: 16) { _ = try await registry.create(item($0), options: WriteOptions()) }
    StandardStream.output.write(#"{"name":"create.sqlite.syncs","count":\#(store.transactions - before)}"# + "\n")
    try store.close()
  }

  /// A thousand changes a second; how long the last watcher is behind the last change says whether they keep up.
  func watch(watchers: Int, changes: Int) async throws {
    let store = MemoryResourceStore()
    for number in 0..<100 { _ = try await store.write(item(number), at: key(number), expecting: .absent) }
    let start = try await store.list(ResourceQuery(Self.items, limit: 1)).resourceVersion
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<watchers {
        let events = try await store.watch(ResourceQuery(Self.items), after: start)
        group.addTask {
          var last = Int(start) ?? 0
          for try await case .modified(let resource) in events {
            let version = Int(resource.metadata.resourceVersion) ?? 0
            guard version == last + 1 else { fatalError("a watcher saw \(version) behind \(last)") }
            last = version
            if version == (Int(start) ?? 0) + changes { return }
          }
        }
      }
      let watch = Stopwatch()
      for number in 0..<changes {
        try await watch.sleep(until: .milliseconds(number))
        guard var object = try await store.get(key(number % 100)) else { continue }
        object.metadata.labels["round"] = "\(number)"
        let version = object.metadata.resourceVersion
        _ = try await store.write(object, at: key(number % 100), expecting: .version(version))
      }
      let written = watch.elapsed
      try await group.waitForAll()
      let lag = watch.elapsed - written
      let rate = Int(Double(changes) / written.seconds)
      StandardStream.output.write(
        #"{"name":"watch","watchers":\#(watchers),"changes":\#(changes),"changesPerSecond":\#(rate),"lastWatcherBehindMs":\#(Int(lag.seconds * 1000))}"#
          + "\n"
      )
    }
  }

  func list(count: Int) async throws {
    let store = try SQLiteResourceStore(folder: folder, durability: .process)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<16 {
        group.addTask {
          for number in stride(from: task, to: count, by: 16) {
            _ = try await store.write(item(number, text: 1000), at: key(number), expecting: .absent)
          }
        }
      }
      try await group.waitForAll()
    }
    try store.close()
    // The feed of the store that wrote them holds the latest; a new one begins empty.
    let reader = try SQLiteResourceStore(folder: folder, durability: .process)
    let before = ProcessMemory.resetPeak()
    let watch = Stopwatch()
    var query = ResourceQuery(Self.items, limit: 500)
    var seen = 0
    repeat {
      let page = try await reader.list(query)
      seen += page.items.count
      query.continue = page.continue
    } while query.continue != nil
    StandardStream.output.write(
      #"{"name":"list.sqlite","objects":\#(seen),"seconds":\#(watch.elapsed.seconds),"memoryBeforeMiB":\#(before),"memoryPeakMiB":\#(ProcessMemory.peakMebibytes)}"#
        + "\n"
    )
    try reader.close()
  }

  private func measure(_ name: String, count: Int, tasks: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    let watch = Stopwatch()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<tasks {
        group.addTask { for number in stride(from: task, to: count, by: tasks) { try await body(number) } }
      }
      try await group.waitForAll()
    }
    let rate = Int(Double(count) / watch.elapsed.seconds)
    StandardStream.output.write(#"{"name":"\#(name)","count":\#(count),"perSecond":\#(rate)}"# + "\n")
  }
}
