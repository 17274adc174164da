/// Who serves under which number in a connection that is multiplexed, and whose the next stream of the other side is.
///
/// The other side knocks at a number before it opens a stream for it, and one after the other: so at most one stream is
/// expected at a time.
struct KnockStateMachine: Sendable {
  typealias Instant = ContinuousClock.Instant

  enum Knocked: Sendable, Hashable {
    /// The next stream is for this number. The other side is to be told.
    case admitted
    /// Nobody serves under the number yet.
    case kept
    /// Nobody does, and too many knocks lie there.
    case refused
  }

  /// Where a stream goes.
  struct Destination: Sendable, Hashable {
    /// The path of a socket.
    var path: String
    /// Nobody has knocked for it.
    var isMain: Bool
  }

  /// Where streams go that nobody has knocked for; nil when they are refused.
  private let main: String?
  private let limit: Int
  private let patience: Duration
  private var paths: [UInt32: String] = [:]
  private var kept: [UInt32: Instant] = [:]
  private var expected: (id: UInt32, until: Instant)?

  /// At most `limit` knocks wait for somebody to serve, each for as long as the other side has the patience to.
  init(main: String?, limit: Int, patience: Duration) {
    self.main = main
    self.limit = limit
    self.patience = patience
  }

  /// Returns true when the other side has knocked already and is to be told that it may come.
  mutating func serves(_ id: UInt32, at path: String, now: Instant) -> Bool {
    paths[id] = path
    guard let end = kept.removeValue(forKey: id), now < end else { return false }
    expected = (id, now + patience)
    return true
  }

  mutating func stopsServing(_ id: UInt32) { paths[id] = nil }

  mutating func knocked(_ id: UInt32, now: Instant) -> Knocked {
    if paths[id] != nil {
      // Whoever knocked before has given up, or would have opened its stream by now.
      expected = (id, now + patience)
      return .admitted
    }
    kept = kept.filter { now < $0.value }
    guard kept[id] != nil || kept.count < limit else { return .refused }
    kept[id] = now + patience
    return .kept
  }

  /// Returns where a stream goes that the other side opens now, or nil when it is refused.
  mutating func destination(now: Instant) -> Destination? {
    defer { expected = nil }
    guard let expected, now < expected.until else { return main.map { Destination(path: $0, isMain: true) } }
    return paths[expected.id].map { Destination(path: $0, isMain: false) }
  }
}
