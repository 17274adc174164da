import HeapModule

/// Changes that a queue is to undergo later, and the *bells*: tasks that sleep until some of them are due. There is always a
/// bell that rings no later than the next alarm. A later alarm needs none of its own, so that there are few bells, however
/// many alarms.
struct AlarmTable<Queue>: Sendable {
  struct Alarm: Sendable {
    let deadline: Duration
    /// Whether more than one more piece of work may be ready after it.
    let isWide: Bool
    let change: @Sendable (inout Queue) -> Void
    fileprivate let number: Int
  }

  private var alarms = Heap<Alarm>()
  private var lastNumber = 0
  /// When each bell rings.
  private(set) var bells: [Duration] = []

  /// When the next alarm is due; nil where none is set.
  var next: Duration? { alarms.min?.deadline }

  /// - Returns: whether that needs another bell, which is to ring at the same time.
  mutating func set(at deadline: Duration, isWide: Bool, _ change: @escaping @Sendable (inout Queue) -> Void) -> Bool {
    lastNumber += 1
    alarms.insert(Alarm(deadline: deadline, isWide: isWide, change: change, number: lastNumber))
    return takeOnBell(at: deadline)
  }

  /// Takes out the next alarm that is due by `now`: the one with the earliest deadline, of those the one that was set first.
  mutating func take(by now: Duration) -> Alarm? {
    guard let next, next <= now else { return nil }
    return alarms.removeMin()
  }

  /// A bell has rung, and what was due is taken out.
  /// - Returns: when it is to ring next; nil where another bell rings as soon as that.
  mutating func rang(_ deadline: Duration) -> Duration? {
    bells.firstIndex(of: deadline).map { _ = bells.remove(at: $0) }
    guard let next, takeOnBell(at: next) else { return nil }
    return next
  }

  private mutating func takeOnBell(at deadline: Duration) -> Bool {
    guard bells.allSatisfy({ $0 > deadline }) else { return false }
    bells.append(deadline)
    return true
  }
}

extension AlarmTable.Alarm: Comparable {
  static func == (left: Self, right: Self) -> Bool { left.number == right.number }
  static func < (left: Self, right: Self) -> Bool { (left.deadline, left.number) < (right.deadline, right.number) }
}
