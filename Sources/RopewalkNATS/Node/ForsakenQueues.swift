/// Which queues of destinations nobody works on, so that what is in them would wait for ever. Time comes in as a parameter.
///
/// A node whose file does not name a destination cannot tell one that was removed from one that other nodes know already, as while
/// a new file is rolled out. So a queue is forsaken only when nothing at all has happened in it for a while.
struct ForsakenQueues {
  typealias Instant = ContinuousClock.Instant

  /// What shows that somebody works on a queue.
  struct Signs: Equatable {
    /// Those that are in the queue.
    var messages = 0
    /// How far its consumer has come.
    var delivered = 0
    var acknowledged = 0
    var redelivered = 0
    /// What a node that works on it and asks for nothing wrote there last.
    var mark = ""
    /// Whether somebody asks for messages just now.
    var isAsked = false
  }

  private struct Sight {
    var signs: Signs
    var since: Instant
  }

  private let grace: Duration
  private let patience: Duration
  private var sights: [String: Sight] = [:]
  private var lastLook: Instant?

  /// - Parameters:
  ///   - grace: how long nothing must have happened.
  ///   - interval: how often somebody looks. Of a time in which nobody did for twice as long, such as one without NATS, nothing is
  ///     known: who would have shown that it is there could not either.
  init(after grace: Duration, lookedAtEvery interval: Duration) {
    self.grace = grace
    patience = interval * 2
  }

  /// - Parameter queues: all that have something in them and are not this node's to serve, by their destinations' tokens.
  /// - Returns: those that are forsaken.
  mutating func look(at queues: [String: Signs], _ now: Instant) -> [String] {
    if let lastLook, lastLook + patience < now { sights = [:] }
    lastLook = now
    let before = sights
    sights = queues.reduce(into: [:]) { sights, queue in
      let (token, signs) = queue
      let isQuiet = !signs.isAsked && before[token]?.signs == signs
      sights[token] = Sight(signs: signs, since: isQuiet ? before[token]?.since ?? now : now)
    }
    return sights.filter { $0.value.since + grace <= now && !$0.value.signs.isAsked }.keys.sorted()
  }
}
