import RopewalkResources

/// Finds the objects that a controller writes for ever, because each write is a change that it reacts to.
///
/// A round is *own* when what asked for it was written by a controller. So many own rounds in a row, without a pause
/// between them, are a loop. From then on each round waits, longer and longer, until one is followed by a pause.
struct LoopDetector {
  struct Limits: Sendable, Equatable {
    /// Own rounds in a row that are a loop. Default 20.
    var rounds = 20
    /// A pause of so long ends a row. Default 2 s.
    var pause: Duration = .seconds(2)
    /// The wait before a round once a loop was found; each further one doubles it. Default 1 s.
    var minDelay: Duration = .seconds(1)
    /// The longest wait before a round of a loop. Default 1 min.
    var maxDelay: Duration = .seconds(60)
    /// Objects that are watched for loops at once; others are taken for well-behaved. Default 10,000.
    var maxKeys = 10_000
  }

  enum Verdict: Equatable {
    case fine
    /// The loop is new.
    case found(rounds: Int)
    case goesOn
    /// There was a loop and there is none any more.
    case ended
  }

  private struct Row {
    var rounds = 0
    var last: Duration
    var delay: Duration = .zero
  }

  let limits: Limits
  private var rows: [ResourceKey: Row] = [:]

  init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Loops that go on.
  var count: Int { rows.values.count { $0.delay > .zero } }
  var isEmpty: Bool { rows.isEmpty }

  /// How long the next round of an object has to wait.
  func delay(of key: ResourceKey, at now: Duration) -> Duration? {
    guard let row = rows[key], row.delay > .zero, !isOver(row, at: now) else { return nil }
    return row.delay
  }

  /// A round begins.
  mutating func round(of key: ResourceKey, isOwn: Bool, at now: Duration) -> Verdict {
    let row = rows[key]
    guard isOwn else {
      guard let row, isOver(row, at: now) else { return .fine }
      rows[key] = nil
      return row.delay > .zero ? .ended : .fine
    }
    var next = row.map { isOver($0, at: now) ? Row(last: now) : $0 } ?? Row(last: now)
    next.rounds += 1
    next.last = now
    let wasLoop = next.delay > .zero
    if next.rounds >= limits.rounds { next.delay = min(limits.maxDelay, max(limits.minDelay, next.delay * 2)) }
    if row == nil, rows.count >= limits.maxKeys { rows = rows.filter { !isOver($0.value, at: now) } }
    if row != nil || rows.count < limits.maxKeys { rows[key] = next }
    if next.delay > .zero { return wasLoop ? .goesOn : .found(rounds: next.rounds) }
    return row.map { $0.delay > .zero } == true ? .ended : .fine
  }

  private func isOver(_ row: Row, at now: Duration) -> Bool {
    now - row.last > row.delay * 2 + limits.pause
  }
}
