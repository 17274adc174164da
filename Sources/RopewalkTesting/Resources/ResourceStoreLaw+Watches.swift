import RopewalkCore
package import RopewalkResources
import Testing

extension ResourceStoreLaw {
  func verifyWatchesBeginWithTheState(_ store: any ResourceStore) async throws {
    for number in 0..<3 { try await store.add(.item("i\(number)")) }
    try await store.add(.item("x", in: "other"))
    let watch = try await store.watch(ResourceQuery(.items, namespace: "default"), after: nil)
    try await store.add(.item("later"))
    let events = try await watch.first(5)
    // What is written while the watch begins belongs to the state or comes behind it, and is not seen twice.
    #expect(events.compactMap(\.name).sorted() == ["i0", "i1", "i2", "later"])
    #expect(events.filter { $0.word == "bookmark" }.count == 1)
    let bookmark = try #require(events.firstIndex { $0.word == "bookmark" })
    #expect(bookmark >= 3)
  }

  /// Writers and watchers at once; each watcher sees every change, in order.
  func verifyWatchesMissNothing(_ store: any ResourceStore) async throws {
    let count = 40
    let versions = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<8 {
        let watch = try await store.watch(ResourceQuery(.items), after: "0")
        group.addTask { try await watch.first(4 * count).map(\.version) }
      }
      try await withThrowingTaskGroup(of: Void.self) { writers in
        for writer in 0..<4 {
          writers.addTask { for number in 0..<count { try await store.add(.item("w\(writer)-\(number)")) } }
        }
        try await writers.waitForAll()
      }
      return try await group.reduce(into: [[Int]]()) { $0.append($1) }
    }
    let expected = try await store.list(ResourceQuery(.items)).items.map(\.version).sorted()
    #expect(expected.count == 4 * count)
    for seen in versions { #expect(seen == expected) }
  }

  func verifyWatchesResume(_ store: any ResourceStore) async throws {
    var item = try await store.add(.item("a"))
    var versions = [item.version]
    for _ in 0..<10 {
      item = try await store.replace(item)
      versions.append(item.version)
    }
    versions.append(try await store.remove(.item("a"), ifVersion: item.metadata.resourceVersion).version)
    for (index, version) in versions.dropLast().enumerated() {
      let events = try await store.events(ResourceQuery(.items), after: String(version), count: versions.count - index - 1)
      #expect(events.map(\.version) == Array(versions[(index + 1)...]))
      #expect(events.last?.word == "deleted")
    }
  }

  /// An object that comes to match is added, one that does not match any more is deleted.
  func verifyWatchesSeeSelections(_ store: any ResourceStore) async throws {
    let query = ResourceQuery(.items, labels: try LabelSelector(parsing: "on=yes"))
    var item = try await store.add(.item("a"))
    let start = item.metadata.resourceVersion
    for label in ["yes", "yes", "no", "yes"] {
      item.metadata.labels["on"] = label
      item.spec = .object(["count": .number(.init(item.count + 1))])
      item = try await store.replace(item)
    }
    let last = try await store.remove(.item("a"), ifVersion: item.metadata.resourceVersion)
    let events = try await store.events(query, after: start, count: 5)
    #expect(events.map(\.word) == ["added", "modified", "deleted", "added", "deleted"])
    #expect(events.last?.version == last.version)
    guard case .deleted(let object) = events[2] else { return }
    #expect(object.metadata.labels["on"] == "yes" && object.count == 2)
  }

  func verifyOldWatchesExpire(_ store: any ResourceStore) async throws {
    let first = try await store.add(.item("a"))
    for number in 0..<60 { try await store.add(.item("j\(number)")) }
    await expect("store.expired") { try await store.watch(ResourceQuery(.items), after: first.metadata.resourceVersion) }
    let latest = try await store.list(ResourceQuery(.items, limit: 1)).resourceVersion
    let watch = try await store.watch(ResourceQuery(.items), after: latest)
    try await store.add(.item("new"))
    #expect(try await watch.first(1).first?.name == "new")
  }

  func verifySlowWatchers(_ store: any ResourceStore) async throws {
    let watch = try await store.watch(ResourceQuery(.items), after: nil)
    var iterator = watch.makeAsyncIterator()
    // The bookmark behind the empty state, and one event, so that the watch follows.
    #expect(try await iterator.next()?.word == "bookmark")
    try await store.add(.item("seen"))
    #expect(try await iterator.next()?.name == "seen")
    for number in 0..<60 { try await store.add(.item("j\(number)")) }
    // A store that publishes beside the writes has done so when another watcher has seen the last.
    let latest = try await store.add(.item("last"))
    _ = try await store.events(ResourceQuery(.items), after: String(latest.version - 1), count: 1)
    await expect("store.watcherTooSlow") { while try await iterator.next() != nil {} }
  }

  func verifyIdleWatchers(_ store: any ResourceStore) async throws {
    let watch = try await store.watch(ResourceQuery(.boxes), after: nil)
    var iterator = watch.makeAsyncIterator()
    #expect(try await iterator.next()?.word == "bookmark")
    // Writes that it sees nothing of; sooner or later one of them makes a bookmark.
    let target = try await store.add(.item("a")).version
    let writer = Task { for number in 0..<10_000 where !Task.isCancelled { try await store.add(.item("b\(number)")) } }
    defer { writer.cancel() }
    var place = 0
    while place < target {
      let event = try #require(try await iterator.next())
      #expect(event.word == "bookmark")
      place = event.version
    }
    // From there nothing is seen twice and nothing is missed.
    let box = try await store.add(.item("box"), to: .boxes)
    #expect(try await store.events(ResourceQuery(.boxes), after: String(place), count: 1).first?.version == box.version)
  }

  func verifyCancelledWatches(_ store: any ResourceStore) async throws {
    let watch = try await store.watch(ResourceQuery(.items), after: "0")
    let reader = Task { try await watch.first(1) }
    reader.cancel()
    await #expect(throws: CancellationError.self) { try await reader.value }
    try await store.add(.item("a"))
    #expect(try await store.get(.item("a")) != nil)
  }

  /// Two watchers of two collections agree with the versions that the writers were told.
  func verifyOneOrder(_ store: any ResourceStore) async throws {
    let told = try await withThrowingTaskGroup(of: [Int].self) { group in
      for writer in 0..<8 {
        group.addTask {
          var versions: [Int] = []
          for number in 0..<20 {
            let collection: ResourceCollection = number.isMultiple(of: 2) ? .items : .boxes
            versions.append(try await store.add(.item("w\(writer)-\(number)"), to: collection).version)
          }
          // One writer's changes are in the order in which they were made.
          #expect(versions == versions.sorted())
          return versions
        }
      }
      return try await group.reduce(into: [Int]()) { $0 += $1 }
    }
    #expect(Set(told).count == 160)
    let items = try await store.events(ResourceQuery(.items), after: "0", count: 80).map(\.version)
    let boxes = try await store.events(ResourceQuery(.boxes), after: "0", count: 80).map(\.version)
    #expect(items == items.sorted() && boxes == boxes.sorted())
    #expect(Set(items + boxes) == Set(told))
  }
}

extension ResourceStore {
  /// The next so many changes after a version, without bookmarks.
  package func events(_ query: ResourceQuery, after version: String, count: Int) async throws -> [ResourceEvent] {
    let watch = try await watch(query, after: version)
    var events: [ResourceEvent] = []
    for try await event in watch where event.word != "bookmark" {
      events.append(event)
      if events.count == count { break }
    }
    return events
  }
}

extension ResourceWatch {
  /// The next so many events.
  package func first(_ count: Int) async throws -> [ResourceEvent] {
    var events: [ResourceEvent] = []
    for try await event in self {
      events.append(event)
      if events.count == count { break }
    }
    return events
  }
}

extension ResourceEvent {
  package var word: String {
    switch self {
    case .added: "added"
    case .modified: "modified"
    case .deleted: "deleted"
    case .bookmark: "bookmark"
    }
  }

  /// Nil for a bookmark.
  package var name: String? {
    switch self {
    case .added(let resource), .modified(let resource), .deleted(let resource): resource.metadata.name
    case .bookmark: nil
    }
  }

  package var version: Int {
    switch self {
    case .added(let resource), .modified(let resource), .deleted(let resource): resource.version
    case .bookmark(let version): Int(version) ?? -1
    }
  }
}
