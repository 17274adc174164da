import RopewalkCore
import Synchronization

/// Where a watch gets from what the feed does not keep: from the store itself.
package protocol WatchSource: Sendable {
  /// The seam's own list, for the state that a watch begins with.
  func list(_ query: ResourceQuery) async throws -> ResourceList
  /// Some changes of the query's collection after a version, oldest first, and how far they reach; an empty list reaches
  /// as far as the store is.
  /// - Throws: `store.expired`.
  func history(_ query: ResourceQuery, after version: StoreVersion) async throws -> (changes: [ResourceChange], upTo: StoreVersion)
}

/// One watch: first the state where it is wanted, then the store's history, then the feed.
package final class ResourceWatcher: Sendable {
  private enum Phase {
    case listing(continue: String?)
    /// Older than the feed.
    case catchingUp
    case following
  }

  private struct State {
    var phase: Phase
    var place: StoreVersion
    /// The last version that the watcher was told of.
    var told: StoreVersion
    /// The last round of bookmarks that it took part in.
    var round = 0
    var ready: ArraySlice<ResourceEvent> = []
  }

  private let query: ResourceQuery
  private let source: any WatchSource
  private let feed: ChangeFeed
  private let limits: ResourceStoreLimits
  private let state: Mutex<State>

  /// - Parameter version: nil to begin with the state as it is.
  package init(
    _ query: ResourceQuery,
    after version: StoreVersion?,
    from source: any WatchSource,
    feed: ChangeFeed,
    limits: ResourceStoreLimits
  ) {
    var query = query
    query.limit = nil
    query.continue = nil
    self.query = query
    self.source = source
    self.feed = feed
    self.limits = limits
    let place = version ?? .zero
    let phase = version == nil ? Phase.listing(continue: nil) : .catchingUp
    state = Mutex(State(phase: phase, place: place, told: place, round: feed.round))
  }

  package var events: ResourceWatch { ResourceWatch { try await self.next() } }

  private func next() async throws -> ResourceEvent? {
    while true {
      try Task.checkCancellation()
      let (event, phase, place) = state.withLock { ($0.ready.popFirst(), $0.phase, $0.place) }
      if let event { return event }
      switch phase {
      case .listing(let token): try await list(from: token)
      case .catchingUp: try await catchUp(from: place)
      case .following: try await follow(from: place)
      }
    }
  }

  private func list(from token: String?) async throws {
    var page = query
    page.limit = limits.pageSize
    page.continue = token
    let list = try await source.list(page)
    let version = try StoreVersion(parsing: list.resourceVersion)
    state.withLock { state in
      state.ready = list.items.map { .added($0) }[...]
      if let next = list.continue {
        state.phase = .listing(continue: next)
      } else {
        state.phase = .catchingUp
        (state.place, state.told) = (version, version)
        state.ready.append(.bookmark(resourceVersion: list.resourceVersion))
      }
    }
  }

  private func catchUp(from place: StoreVersion) async throws {
    guard case .behind = feed.read(query.collection, after: place, limit: 1) else {
      state.withLock { $0.phase = .following }
      return
    }
    let (changes, upTo) = try await source.history(query, after: place)
    take(changes, upTo: upTo)
    if changes.isEmpty, upTo <= place { state.withLock { $0.phase = .following } }
  }

  private func follow(from place: StoreVersion) async throws {
    switch feed.read(query.collection, after: place, limit: limits.watchBatch) {
    case .changes(let changes): take(changes, upTo: changes.last?.version ?? place)
    case .nothing(let last, let round):
      if feed.isClosed { throw RopewalkError(.storeUnavailable, "the store is closed; watch again") }
      guard !advance(to: last, round: round) else { return }
      await feed.wait(for: query.collection, after: max(place, last), round: round)
    case .behind:
      throw RopewalkError(
        .storeWatcherTooSlow,
        "the watch of \(query.collection) was cut off: it is more than \(limits.maxChangesInMemory) changes behind; read faster, or list again"
      )
    }
  }

  private func take(_ changes: [ResourceChange], upTo version: StoreVersion) {
    let events = changes.compactMap { $0.event(for: query) }
    state.withLock { state in
      state.ready = events[...]
      state.place = max(state.place, version)
      if !events.isEmpty { state.told = max(state.told, version) }
    }
  }

  /// Nothing happened up to `last`. Returns whether the watcher is to hear so.
  private func advance(to last: StoreVersion, round: Int) -> Bool {
    state.withLock { state in
      state.place = max(state.place, last)
      guard round != state.round else { return false }
      state.round = round
      guard state.place > state.told else { return false }
      state.ready = [.bookmark(resourceVersion: state.place.description)]
      state.told = state.place
      return true
    }
  }
}
