import RopewalkCore
package import RopewalkResources

/// The conformance suite of the ``ResourceStore`` seam: every implementation's tests run every law.
///
/// ```swift
/// @Test(arguments: ResourceStoreLaw.allCases)
/// func law(_ law: ResourceStoreLaw) async throws {
///   try await law.verify { limits in MemoryResourceStore(limits: limits) }
/// }
/// ```
package enum ResourceStoreLaw: String, CaseIterable, Sendable {
  case objectsComeBackWhole
  case versionsGrow
  case writesExpectWhatIsThere
  case removalsExpectWhatIsThere
  case namesCanBeUsedAgain
  case collectionsAndNamespacesAreApart
  case listsAreInOrder
  case listsAreSelected
  case pagesAreOfOneMoment
  case oldPagesExpire
  case strangeTokensAreRefused
  case dependentsAreFound
  case watchesBeginWithTheState
  case watchesMissNothing
  case watchesResume
  case watchesSeeSelections
  case oldWatchesExpire
  case slowWatchersAreCutOff
  case idleWatchersHearHowFarItIs
  case cancelledWatchesEnd
  case incrementsAreNotLost
  case changesHaveOneOrder

  /// Makes an empty store with these limits.
  package typealias Factory = @Sendable (_ limits: ResourceStoreLimits) async throws -> any ResourceStore

  /// Records an issue for each way in which the store breaks the law.
  package func verify(_ make: Factory) async throws {
    let usual = ResourceStoreLimits()
    let short = ResourceStoreLimits(maxChangesInMemory: 20, maxChangesKept: 20, pageSize: 10)
    switch self {
    case .objectsComeBackWhole: try await verifyObjectsComeBackWhole(try await make(usual))
    case .versionsGrow: try await verifyVersionsGrow(try await make(usual))
    case .writesExpectWhatIsThere: try await verifyWritesExpect(try await make(usual))
    case .removalsExpectWhatIsThere: try await verifyRemovalsExpect(try await make(usual))
    case .namesCanBeUsedAgain: try await verifyNamesCanBeUsedAgain(try await make(usual))
    case .collectionsAndNamespacesAreApart: try await verifyCollectionsAreApart(try await make(usual))
    case .listsAreInOrder: try await verifyListsAreInOrder(try await make(usual))
    case .listsAreSelected: try await verifyListsAreSelected(try await make(usual))
    case .pagesAreOfOneMoment: try await verifyPagesAreOfOneMoment(try await make(usual))
    case .oldPagesExpire: try await verifyOldPagesExpire(try await make(short))
    case .strangeTokensAreRefused: try await verifyStrangeTokens(try await make(usual))
    case .dependentsAreFound: try await verifyDependents(try await make(usual))
    case .watchesBeginWithTheState: try await verifyWatchesBeginWithTheState(try await make(usual))
    case .watchesMissNothing: try await verifyWatchesMissNothing(try await make(usual))
    case .watchesResume: try await verifyWatchesResume(try await make(usual))
    case .watchesSeeSelections: try await verifyWatchesSeeSelections(try await make(usual))
    case .oldWatchesExpire: try await verifyOldWatchesExpire(try await make(short))
    case .slowWatchersAreCutOff: try await verifySlowWatchers(try await make(short))
    case .idleWatchersHearHowFarItIs: try await verifyIdleWatchers(try await make(ResourceStoreLimits(bookmarkInterval: .zero)))
    case .cancelledWatchesEnd: try await verifyCancelledWatches(try await make(usual))
    case .incrementsAreNotLost: try await verifyIncrements(try await make(usual))
    case .changesHaveOneOrder: try await verifyOneOrder(try await make(usual))
    }
  }
}

extension ResourceCollection {
  package static let items = ResourceCollection(group: "inventory.example.com", plural: "items")
  package static let boxes = ResourceCollection(group: "inventory.example.com", plural: "boxes")
}

extension ResourceKey {
  package static func item(_ name: String, in namespace: String = "default") -> ResourceKey {
    ResourceKey(.items, namespace: namespace, name: name)
  }
}

extension Resource {
  /// An object whose `spec.count` is given.
  package static func item(_ name: String, in namespace: String = "default", count: Int = 0, labels: [String: String] = [:]) -> Resource {
    var item = Resource(
      apiVersion: "inventory.example.com/v1",
      kind: "Item",
      metadata: ResourceMetadata(name: name, namespace: namespace, uid: "uid-\(namespace)-\(name)", labels: labels)
    )
    item.spec = .object(["count": .number(.init(count))])
    return item
  }

  package var count: Int { spec?["count"]?.int ?? -1 }

  var version: Int { Int(metadata.resourceVersion) ?? -1 }
}

extension ResourceStore {
  @discardableResult
  package func add(_ resource: Resource, to collection: ResourceCollection = .items) async throws -> Resource {
    let key = ResourceKey(collection, namespace: resource.metadata.namespace, name: resource.metadata.name)
    return try await write(resource, at: key, expecting: .absent)
  }

  /// Writes the object over the one of its version.
  @discardableResult
  package func replace(_ resource: Resource, in collection: ResourceCollection = .items) async throws -> Resource {
    let key = ResourceKey(collection, namespace: resource.metadata.namespace, name: resource.metadata.name)
    return try await write(resource, at: key, expecting: .version(resource.metadata.resourceVersion))
  }

  /// Every object, a page at a time.
  func names(_ query: ResourceQuery) async throws -> [String] {
    var names: [String] = []
    var query = query
    repeat {
      let page = try await list(query)
      names += page.items.map(\.metadata.name)
      query.continue = page.continue
    } while query.continue != nil
    return names
  }
}
