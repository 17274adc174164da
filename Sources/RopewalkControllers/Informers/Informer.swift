import Logging
import RopewalkCore
import RopewalkResources
import Synchronization

/// One watch of one kind, shared by everyone who wants to hear of it.
///
/// A watch that breaks is taken up where it was; when the store does not know that place any more, everything is listed
/// again and compared. Those who listen hear of each object's last state at least, and may hear of one twice.
final class Informer: Sendable {
  typealias Listener = @Sendable (ObjectChange) -> Void

  private struct State {
    var cache: ObjectCache
    var listeners: [Int: Listener] = [:]
    var lastListener = 0
    var hasSynced = false
    var trouble: String?
  }

  /// The wait after a watch that failed at once; each further one doubles it.
  static let minBackoff = Duration.milliseconds(50)
  /// The longest wait before the store is asked again.
  static let maxBackoff = Duration.seconds(5)

  let collection: ResourceCollection
  private let client: any ResourceClient
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let state: Mutex<State>
  private let stopped = Gate()

  init(_ collection: ResourceCollection, client: any ResourceClient, stopwatch: Stopwatch, logger: Logger) {
    var logger = logger
    logger[metadataKey: "ropewalk.kind"] = "\(collection.plural).\(collection.group)"
    self.collection = collection
    self.client = client
    self.stopwatch = stopwatch
    self.logger = logger
    self.state = Mutex(State(cache: ObjectCache(collection)))
  }

  /// Why nothing is heard just now; nil while the watch is up, or was never asked for.
  var trouble: String? { state.withLock(\.trouble) }
  /// Whether everything has been listed once.
  var hasSynced: Bool { state.withLock(\.hasSynced) }

  /// The object as the watch last told of it; nil when it is not known.
  func object(_ key: ResourceKey) -> Resource? { state.withLock { $0.cache.objects[key] } }
  var keys: [ResourceKey] { state.withLock { Array($0.cache.objects.keys) } }

  /// Tells of every object that is known, as added, and of every change from now on. `listener` must not block.
  func listen(_ listener: @escaping Listener) -> Int {
    let (id, objects) = state.withLock { state in
      state.lastListener += 1
      state.listeners[state.lastListener] = listener
      return (state.lastListener, state.cache.objects)
    }
    for (key, object) in objects { listener(ObjectChange(.added, key, object)) }
    return id
  }

  func leave(_ id: Int) {
    state.withLock { _ = $0.listeners.removeValue(forKey: id) }
  }

  func stop() { stopped.open() }

  /// Watches until ``stop()`` or cancellation.
  func run() async {
    await withTaskGroup { group in
      group.addTask { await self.watchAgainAndAgain() }
      group.addTask { await self.stopped.wait() }
      await group.next()
      group.cancelAll()
    }
  }

  private func watchAgainAndAgain() async {
    var failures = 0
    while !Task.isCancelled {
      let start = stopwatch.elapsed
      let failure: any Error
      do {
        try await watch()
        failure = RopewalkError(.watchEnded, "the watch ended")
      } catch {
        failure = error
      }
      guard !Task.isCancelled else { return }
      // Having worked for longer than the longest wait, it starts anew.
      failures = stopwatch.elapsed - start > Self.maxBackoff ? 1 : failures + 1
      guard take(failure) == .wait else { continue }
      let wait = min(Self.maxBackoff, Self.minBackoff * (1 << min(failures - 1, 16)))
      do { try await stopwatch.sleepAside(for: wait) } catch { return }
    }
  }

  private enum Reaction { case atOnce, wait }

  private func take(_ failure: any Error) -> Reaction {
    let code = (failure as? RopewalkError)?.code.name
    if code == "store.watcherTooSlow" { return .atOnce }
    if code == "store.expired" {
      let wasListing = state.withLock { state in
        defer { state.cache.expire() }
        return state.cache.position == nil
      }
      return wasListing ? .wait : .atOnce
    }
    let isNew = state.withLock { state in
      defer { state.trouble = "\(failure)" }
      return state.trouble == nil
    }
    if isNew { logger.warning("Objects cannot be watched; trying again until they can", metadata: ["error": "\(failure)"]) }
    return .wait
  }

  private func watch() async throws {
    let position = state.withLock { state in
      state.cache.begin()
      return state.cache.position
    }
    for try await event in try await client.watch(ResourceQuery(collection), after: position) {
      let (changes, listeners, wasTroubled) = state.withLock { state in
        let changes = state.cache.apply(event)
        if case .bookmark = event { state.hasSynced = true }
        defer { state.trouble = nil }
        return (changes, changes.isEmpty ? [] : Array(state.listeners.values), state.trouble != nil)
      }
      if wasTroubled { logger.notice("Objects can be watched again") }
      for change in changes {
        for listener in listeners { listener(change) }
      }
    }
  }
}

extension ErrorCode {
  static let watchEnded = ErrorCode("controller.watch.ended", .unavailable)
}
