import NIOCore

/// A deadline that moves often and passes rarely. Moving it later costs nothing: the timer that is armed already
/// looks again when it fires.
struct DeadlineTimer {
  private final class Armed {
    var deadline: NIODeadline
    var firesAt: NIODeadline
    var scheduled: Scheduled<Void>?

    init(deadline: NIODeadline) {
      self.deadline = deadline
      firesAt = deadline
    }
  }

  private var armed: Armed?

  /// Calls `passed` on the event loop once the deadline is over, unless it is moved or cancelled before; `.distantFuture` never is.
  /// To be called on that loop.
  mutating func set<Owner>(
    _ deadline: NIODeadline,
    on eventLoop: any EventLoop,
    _ owner: NIOLoopBound<Owner>,
    _ passed: @escaping @Sendable (Owner) -> Void
  ) {
    if let armed, armed.scheduled != nil, armed.firesAt <= deadline {
      armed.deadline = deadline
      return
    }
    cancel()
    let armed = Armed(deadline: deadline)
    self.armed = armed
    Self.schedule(NIOLoopBound(armed, eventLoop: eventLoop), on: eventLoop, owner, passed)
  }

  mutating func cancel() {
    armed?.scheduled?.cancel()
    armed?.scheduled = nil
    armed = nil
  }

  private static func schedule<Owner>(
    _ armed: NIOLoopBound<Armed>,
    on eventLoop: any EventLoop,
    _ owner: NIOLoopBound<Owner>,
    _ passed: @escaping @Sendable (Owner) -> Void
  ) {
    armed.value.firesAt = armed.value.deadline
    armed.value.scheduled = eventLoop.assumeIsolated().scheduleTask(deadline: armed.value.deadline) {
      guard armed.value.scheduled != nil else { return }
      guard armed.value.deadline < .distantFuture else {
        armed.value.scheduled = nil
        return
      }
      if armed.value.deadline > .now() {
        schedule(armed, on: eventLoop, owner, passed)
      } else {
        armed.value.scheduled = nil
        passed(owner.value)
      }
    }
  }
}
