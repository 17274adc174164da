import RopewalkCore

/// What a body belongs to: it stands in the body's name, and says who knows whether it is needed any more.
enum BodyOwner: Hashable, Sendable {
  /// A message in the stream of accepted ones.
  case accepted
  /// A message on its way to a destination, which was accepted at that position.
  case hop(UInt64)
  case letter
  case snapshot
  /// None; its name alone says that a node takes a message.
  case trial(Trial)

  /// How much of the stream may be taken by what does not empty it: what is accepted leaves room for dead letters, and both leave
  /// room for what is on its way, without which nothing would ever end. Nil for all of it.
  var share: Double? {
    switch self {
    case .accepted: 0.5
    case .letter: 0.75
    case .hop, .snapshot, .trial: nil
    }
  }

  /// A name for a body.
  /// - Parameter id: what it has in it that no other has.
  func makeID(_ id: String = MessageID.next()) -> String {
    switch self {
    case .accepted: "in-\(id)"
    case .hop(let position): "to-\(position)-\(id)"
    case .letter: "dead-\(id)"
    case .snapshot: "ledger-\(id)"
    case .trial(let trial): "try-\(trial.isHop ? "to" : "in")-\(trial.sequence)-\(id)"
    }
  }

  /// Nil for a name without an owner, as earlier versions gave.
  init?(of id: String) {
    let parts = id.split(separator: "-")
    switch (parts.first, parts.count) {
    case ("in", 2): self = .accepted
    case ("to", 3):
      guard let position = UInt64(parts[1]) else { return nil }
      self = .hop(position)
    case ("dead", 2): self = .letter
    case ("ledger", 2): self = .snapshot
    case ("try", 4):
      guard let sequence = UInt64(parts[2]) else { return nil }
      self = .trial(Trial(isHop: parts[1] == "to", sequence: sequence))
    default: return nil
    }
  }

  var isTrial: Bool { if case .trial = self { true } else { false } }
}
