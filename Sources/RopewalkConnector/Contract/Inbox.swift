public import RopewalkCore

/// Where an incoming connector puts its messages.
public struct Inbox: Sendable {
  private let take: @Sendable (Message) async -> Acceptance

  public init(_ take: @escaping @Sendable (Message) async -> Acceptance) {
    self.take = take
  }

  /// Hands one message to the host and returns when the host has it for good, or has refused it.
  ///
  /// The connector tells its peer "accepted" only after ``Acceptance/accepted``. Callers may call at once from many tasks.
  public func accept(_ message: Message) async -> Acceptance {
    await take(message)
  }
}

public enum Acceptance: Sendable, Equatable {
  /// The journal has it.
  case accepted
  /// The journal had it already; to the sender this is the same as accepted.
  case duplicate
  /// Not taken: the sender keeps it.
  case refused(Refusal)
}

public struct Refusal: Error, Sendable, Equatable {
  public enum Reason: Sendable, Equatable {
    /// A bounded queue is full. HTTP: 429.
    case full
    /// The host cannot take messages now (draining, the journal cannot write). HTTP: 503.
    case unavailable
    /// The message can never be taken, such as one without a customer. HTTP: 400.
    case invalid
  }

  public var reason: Reason
  /// Plain words for the sender.
  public var message: String
  /// When trying again makes sense.
  public var retryAfter: Duration

  public init(_ reason: Reason, _ message: String, retryAfter: Duration = .seconds(1)) {
    self.reason = reason
    self.message = message
    self.retryAfter = retryAfter
  }
}
