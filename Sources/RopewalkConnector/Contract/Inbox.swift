public import RopewalkCore

/// Where an incoming connector puts its messages.
public struct Inbox: Sendable {
  /// The position of the last message that the host has for good, as the connector gave it with ``accept(_:position:)``;
  /// empty for the beginning, and where the host keeps none.
  public let resumePosition: [UInt8]
  private let take: @Sendable (Message, [UInt8]) async -> Acceptance
  private let noteLeftOut: @Sendable () -> Void

  /// - Parameter leftOut: called for each message that the source cannot hand over, see ``leaveOut()``.
  public init(leftOut: @escaping @Sendable () -> Void = {}, _ take: @escaping @Sendable (Message) async -> Acceptance) {
    self.init(resumePosition: [], leftOut: leftOut) { message, _ in await take(message) }
  }

  /// An inbox that keeps positions: `take` is given each message with its own.
  public init(
    resumePosition: [UInt8],
    leftOut: @escaping @Sendable () -> Void = {},
    _ take: @escaping @Sendable (_ message: Message, _ position: [UInt8]) async -> Acceptance
  ) {
    self.resumePosition = resumePosition
    self.noteLeftOut = leftOut
    self.take = take
  }

  /// Hands one message to the host and returns when the host has it for good, or has refused it.
  ///
  /// The connector tells its peer "accepted" only after ``Acceptance/accepted``. Callers may call at once from many tasks;
  /// their messages are taken in the order of the calls. One that was refused and can be offered again keeps its id.
  ///
  /// - Parameter position: where the source goes on once this message and all that were handed over before it are the
  ///   host's; in whatever form the connector likes, at most 64 KiB. Empty when the source has no such place.
  public func accept(_ message: Message, position: [UInt8] = []) async -> Acceptance {
    await take(message, position)
  }

  /// Counts a message that can never be handed over, such as one beyond the source's own limit. The connector's log says
  /// which one, and why.
  public func leaveOut() {
    noteLeftOut()
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
    /// The message can never be taken, because its payload is larger than the host takes. HTTP: 413.
    case tooLarge

    /// Whether offering the message again can come to nothing else.
    public var isFinal: Bool {
      switch self {
      case .full, .unavailable: false
      case .invalid, .tooLarge: true
      }
    }
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
