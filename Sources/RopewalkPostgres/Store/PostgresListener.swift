import Dispatch
import RopewalkCore
import RopewalkResources
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Follows the changes that any process writes, and publishes them to the feed of this one. Has a thread of its own.
final class PostgresListener: Sendable {
  static let channel = "ropewalk_resources"
  /// How long to wait before looking without having been told to: 1 second.
  private static let pollInterval: CInt = 1000
  /// Changes that are read at once.
  private static let batch = 500

  private let url: String
  private let feed: ChangeFeed
  /// What is written into this pipe ends the waiting.
  private let wakeReader: CInt
  private let wakeWriter: CInt
  private let isClosed = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  /// - Parameter feed: begins where the store is now.
  init(url: String, feed: ChangeFeed) throws(RopewalkError) {
    self.url = url
    self.feed = feed
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { throw RopewalkError(.storeUnavailable, "there are no file descriptors left; raise their limit") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (wakeReader, wakeWriter) = (ends[0], ends[1])
  }

  func start() {
    DispatchQueue(label: "ropewalk.postgres.listener").async {
      self.follow()
      self.ended.signal()
    }
  }

  /// Returns when the thread has ended.
  func close() {
    isClosed.store(true, ordering: .relaxed)
    _ = write(wakeWriter, "x", 1)
    ended.wait()
    Glibc.close(wakeReader)
    Glibc.close(wakeWriter)
  }

  private func follow() {
    while !isClosed.load(ordering: .relaxed) {
      do {
        let connection = try PostgresConnection(url: url)
        try connection.run("LISTEN \(Self.channel)")
        while !isClosed.load(ordering: .relaxed) {
          try publish(from: connection)
          wait(for: connection.descriptor)
          try connection.consumeNotifications()
        }
      } catch {
        // Watchers see nothing new until the server is back; reads and writes say why meanwhile.
        wait(for: -1)
      }
    }
  }

  private func wait(for descriptor: CInt) {
    var descriptors = [
      pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0), pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
    ]
    _ = poll(&descriptors, 2, Self.pollInterval)
  }

  private func publish(from connection: PostgresConnection) throws {
    while true {
      let (changes, last) = try connection.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") {
        let state = try PostgresState(connection)
        // Away for so long that others have thrown changes away.
        if feed.last < StoreVersion(state.compacted) { feed.lose(upTo: StoreVersion(state.compacted)) }
        let changes = try PostgresResourceStore.changes(after: feed.last, in: nil, limit: Self.batch, connection)
        return (changes, StoreVersion(state.lastVersion))
      }
      guard !changes.isEmpty || last > feed.last else { return }
      feed.publish(changes, upTo: changes.count < Self.batch ? last : nil)
      guard changes.count == Self.batch else { return }
    }
  }
}
