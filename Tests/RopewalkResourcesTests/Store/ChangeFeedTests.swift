import RopewalkTesting
import Testing

@testable import RopewalkResources

@Suite struct ChangeFeedTests {
  /// As a process does that was away from a shared store for longer than that keeps changes.
  @Test(.timeLimit(.minutes(1))) func whoWatchedWhileChangesWentByUnseenIsBehind() async {
    let feed = ChangeFeed(after: StoreVersion(5), limits: ResourceStoreLimits())
    await withTaskGroup(of: Void.self) { group in
      group.addImmediateTask { await feed.wait(for: .items, after: StoreVersion(5), round: feed.round) }
      feed.lose(upTo: StoreVersion(100))
      await group.waitForAll()
    }
    #expect(feed.last == StoreVersion(100))
    for collection in [.items, .customers] as [ResourceCollection] {
      guard case .behind(StoreVersion(100)) = feed.read(collection, after: StoreVersion(5), limit: 10) else {
        Issue.record("a watcher of \(collection) goes on as if nothing had happened")
        continue
      }
    }
    guard case .nothing(StoreVersion(100), _) = feed.read(.items, after: StoreVersion(100), limit: 10) else {
      Issue.record("whoever read the state anew has nothing to read")
      return
    }
  }
}
