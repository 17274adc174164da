import RopewalkCore

/// What a message asks for, so that its end can be told in advance.
enum Fate: String, CaseIterable, Sendable {
  /// Both destinations take it.
  case deliver
  /// The step drops it.
  case filter
  /// Destination `b` refuses it for good: delivered to `a`, a dead letter for `b`.
  case refuse
  /// The step fails on it: a dead letter for both.
  case fail

  /// Most are delivered.
  static func random(using generator: inout SeededGenerator) -> Fate {
    switch Int.random(in: 0..<20, using: &generator) {
    case 0, 1: .filter
    case 2: .refuse
    case 3: .fail
    default: .deliver
    }
  }

  /// The destinations that must get it.
  var deliveries: Set<String> {
    switch self {
    case .deliver: ["a", "b"]
    case .refuse: ["a"]
    case .filter, .fail: []
    }
  }

  /// The destinations for which it must be among the dead letters.
  var deadLetters: Set<String> {
    switch self {
    case .deliver, .filter: []
    case .refuse: ["b"]
    case .fail: ["a", "b"]
    }
  }
}
