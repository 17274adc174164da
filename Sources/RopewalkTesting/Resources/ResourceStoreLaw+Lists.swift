import RopewalkCore
import RopewalkResources
import Testing

extension ResourceStoreLaw {
  func verifyListsAreInOrder(_ store: any ResourceStore) async throws {
    for name in ["b", "a-1", "a", "a.b", "c", "a0"] { try await store.add(.item(name)) }
    try await store.add(.item("z", in: "an-earlier"))
    let all = ["z", "a", "a-1", "a.b", "a0", "b", "c"]
    #expect(try await store.names(ResourceQuery(.items)) == all)
    for limit in 1...8 { #expect(try await store.names(ResourceQuery(.items, limit: limit)) == all, "pages of \(limit)") }
    #expect(try await store.names(ResourceQuery(.items, namespace: "default", limit: 2)) == Array(all.dropFirst()))
    #expect(try await store.names(ResourceQuery(.boxes)).isEmpty)
  }

  func verifyListsAreSelected(_ store: any ResourceStore) async throws {
    for number in 0..<20 {
      let labels = ["parity": number.isMultiple(of: 2) ? "even" : "odd"].merging(number < 5 ? ["small": "yes"] : [:]) { $1 }
      try await store.add(.item("i\(number + 10)", count: number, labels: labels))
    }
    func names(_ labels: String, _ fields: String = "", limit: Int? = nil) async throws -> [String] {
      let query = ResourceQuery(
        .items,
        labels: try LabelSelector(parsing: labels),
        fields: try FieldSelector(parsing: fields),
        limit: limit
      )
      return try await store.names(query)
    }
    #expect(try await names("parity=even,small") == ["i10", "i12", "i14"])
    #expect(try await names("parity=even,small", limit: 1) == ["i10", "i12", "i14"])
    #expect(try await names("parity in (odd,none),!small", limit: 2) == ["i15", "i17", "i19", "i21", "i23", "i25", "i27", "i29"])
    #expect(try await names("parity!=even,small") == ["i11", "i13"])
    #expect(try await names("", "metadata.name=i15") == ["i15"])
    #expect(try await names("", "spec.count=7") == ["i17"])
    #expect(try await names("small", "metadata.name!=i10", limit: 2) == ["i11", "i12", "i13", "i14"])
    #expect(try await names("nothing").isEmpty)
  }

  /// What is written between two pages is not seen, what is removed still is.
  func verifyPagesAreOfOneMoment(_ store: any ResourceStore) async throws {
    for name in ["b", "d", "f", "h"] { try await store.add(.item(name)) }
    var query = ResourceQuery(.items, limit: 1)
    let first = try await store.list(query)
    #expect(first.items.map(\.metadata.name) == ["b"])
    let d = try #require(try await store.get(.item("d")))
    _ = try await store.remove(.item("d"), ifVersion: d.metadata.resourceVersion)
    var f = try #require(try await store.get(.item("f")))
    f.spec = ["count": 9]
    f = try await store.replace(f)
    f.spec = ["count": 10]
    try await store.replace(f)
    for name in ["a", "c", "e", "g", "i"] { try await store.add(.item(name)) }
    let h = try #require(try await store.get(.item("h")))
    _ = try await store.remove(.item("h"), ifVersion: h.metadata.resourceVersion)
    try await store.add(.item("h", count: 5))

    var items = first.items
    query.continue = first.continue
    while query.continue != nil {
      let page = try await store.list(query)
      #expect(page.resourceVersion == first.resourceVersion)
      items += page.items
      query.continue = page.continue
    }
    #expect(items.map(\.metadata.name) == ["b", "d", "f", "h"])
    #expect(items.map(\.count) == [0, 0, 0, 0])
    #expect(try await store.names(ResourceQuery(.items, limit: 3)) == ["a", "b", "c", "e", "f", "g", "h", "i"])
  }

  func verifyOldPagesExpire(_ store: any ResourceStore) async throws {
    for number in 0..<5 { try await store.add(.item("i\(number)")) }
    var query = ResourceQuery(.items, limit: 2)
    query.continue = try await store.list(query).continue
    #expect(try await store.list(query).items.map(\.metadata.name) == ["i2", "i3"])
    for number in 0..<60 { try await store.add(.item("j\(number)")) }
    await expect("store.expired") { try await store.list(query) }
  }

  func verifyStrangeTokens(_ store: any ResourceStore) async throws {
    try await store.add(.item("a"))
    for token in ["", "x", "1.x.y", "1.-5.a/b", "2.1.a/b", "1.1.a"] {
      await expect("store.badToken") { try await store.list(ResourceQuery(.items, limit: 1, continue: token)) }
    }
    await expect("store.expired") { try await store.list(ResourceQuery(.items, limit: 1, continue: "1.999.default/a")) }
    for version in ["x", "-1", "1.5"] {
      await expect("store.badToken") { try await store.watch(ResourceQuery(.items), after: version) }
    }
    await expect("store.expired") { try await store.watch(ResourceQuery(.items), after: "999") }
  }
}
