import Synchronization

/// Says who may do what, by the rules as they are now. One for the process: the API asks it, and controllers can be held to it.
package final class Authorizer: Sendable {
  private enum State {
    case off
    /// On, and the rules are not read yet: only masters may do anything.
    case waiting
    case on(AccessRules)
  }

  private let state: Mutex<State>

  /// - Parameter isOn: false on a laptop, where everybody who is known may do everything.
  package init(isOn: Bool) {
    state = Mutex(isOn ? .waiting : .off)
  }

  package var isOn: Bool {
    state.withLock { if case .off = $0 { false } else { true } }
  }

  /// The rules in force; nil when everything is allowed.
  package var rules: AccessRules? {
    state.withLock {
      switch $0 {
      case .off: nil
      case .waiting: AccessRules()
      case .on(let rules): rules
      }
    }
  }

  /// Puts new rules in force, unless the authorizer is off.
  package func use(_ rules: AccessRules) {
    state.withLock {
      if case .off = $0 { return }
      $0 = .on(rules)
    }
  }

  package func decide(_ question: AccessQuestion, for subject: Subject) -> AccessDecision {
    guard let rules else { return AccessDecision(isAllowed: true, reason: "the authorizer is off") }
    return rules.decide(question, for: subject)
  }
}
