import RopewalkResources

/// Whether one kind of failure is worth telling somebody, so that a thousand of them are one alert and not a thousand:
///
/// ```
/// quiet ── `after` failures within `within` ──> standing: raise
/// standing ── `remindEvery` has passed and more have failed ──> standing: remind, with how many
/// standing ── none for `recoveredAfter` ──> quiet: recovered
/// ```
struct AlertStateMachine: Sendable {
  enum Action: Equatable {
    case none
    /// So many failed within the window.
    case raise(count: Int)
    /// So many failed since somebody was told last.
    case remind(count: Int)
    /// So many failed from the beginning to the end.
    case recovered(count: Int)
  }

  private enum State {
    /// When the latest failed, the oldest first; fewer than `after`.
    case quiet([Duration])
    case standing(Standing)
  }

  private struct Standing {
    var total: Int
    var sinceNotice: Int
    var lastNotice: Duration
    var lastFailure: Duration
  }

  private let rule: AlertSpec
  private var state = State.quiet([])

  init(_ rule: AlertSpec) {
    self.rule = rule
  }

  var isStanding: Bool { if case .standing = state { true } else { false } }

  /// When ``passed(to:)`` has something to do; nil while nothing can come of waiting.
  var deadline: Duration? {
    switch state {
    case .quiet(let times): times.last.map { $0 + rule.within }
    case .standing(let standing): min(recovery(of: standing), reminder(of: standing))
    }
  }

  /// Whether it is as if nothing had ever failed.
  var isIdle: Bool { if case .quiet(let times) = state { times.isEmpty } else { false } }

  mutating func failed(at now: Duration) -> Action {
    switch state {
    case .quiet(var times):
      times.removeAll { $0 <= now - rule.within }
      times.append(now)
      guard times.count >= rule.after else {
        state = .quiet(times)
        return .none
      }
      state = .standing(Standing(total: times.count, sinceNotice: 0, lastNotice: now, lastFailure: now))
      return .raise(count: times.count)
    case .standing(var standing):
      standing.total += 1
      standing.sinceNotice += 1
      standing.lastFailure = now
      state = .standing(standing)
      return .none
    }
  }

  /// Time has passed.
  mutating func passed(to now: Duration) -> Action {
    switch state {
    case .quiet(let times):
      state = .quiet(times.filter { $0 > now - rule.within })
      return .none
    case .standing(var standing):
      if now >= recovery(of: standing) {
        state = .quiet([])
        return .recovered(count: standing.total)
      }
      guard now >= reminder(of: standing) else { return .none }
      let count = standing.sinceNotice
      standing.sinceNotice = 0
      standing.lastNotice = now
      state = .standing(standing)
      return .remind(count: count)
    }
  }

  private func recovery(of standing: Standing) -> Duration { standing.lastFailure + rule.recoveredAfter }

  /// Not before there is something to be reminded of: recovery comes first then.
  private func reminder(of standing: Standing) -> Duration {
    standing.sinceNotice > 0 ? standing.lastNotice + rule.remindEvery : recovery(of: standing)
  }
}
