public import RopewalkCore

/// Which dead letters are meant; what is nil does not matter.
public struct DeadLetterQuery: Sendable, Equatable {
  public enum State: String, Sendable, CaseIterable { case open, replayed, discarded }

  public var ids: [String]?
  public var integration: String?
  public var customer: String?
  public var stage: String?
  /// The error code, or the code that a guest failed with.
  public var code: String?
  /// The letters that failed at this time or later.
  public var since: Timestamp?
  /// The letters that failed before this time.
  public var until: Timestamp?
  public var state: State?

  public init(
    ids: [String]? = nil,
    integration: String? = nil,
    customer: String? = nil,
    stage: String? = nil,
    code: String? = nil,
    since: Timestamp? = nil,
    until: Timestamp? = nil,
    state: State? = .open
  ) {
    self.ids = ids
    self.integration = integration
    self.customer = customer
    self.stage = stage
    self.code = code
    self.since = since
    self.until = until
    self.state = state
  }

  public func matches(_ letter: DeadLetter) -> Bool {
    (ids?.contains(letter.id) ?? true)
      && (integration.map { $0 == letter.integration } ?? true)
      && (customer.map { $0 == letter.customer } ?? true)
      && (stage.map { $0 == letter.stage } ?? true)
      && (code.map { $0 == letter.code || $0 == letter.guestCode } ?? true)
      && (since.map { letter.failedAt >= $0 } ?? true)
      && (until.map { letter.failedAt < $0 } ?? true)
      && (state.map { $0 == letter.state.name } ?? true)
  }
}

extension DeadLetter.State {
  public var name: DeadLetterQuery.State {
    switch self {
    case .open: .open
    case .replayed: .replayed
    case .discarded: .discarded
    }
  }
}
