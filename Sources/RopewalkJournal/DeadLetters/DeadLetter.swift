public import RopewalkCore

/// A message that was given up, with everything needed to understand why and to send it again.
public struct DeadLetter: Sendable, Equatable {
  /// One that failed.
  public struct Attempt: Sendable, Equatable {
    public var time: Timestamp
    /// Plain words with the code.
    public var error: String

    public init(time: Timestamp, error: String) {
      self.time = time
      self.error = error
    }
  }

  /// What became of the letter.
  public enum State: Sendable, Equatable {
    case open
    /// Sent again as the entry at this position.
    case replayed(at: Timestamp, as: JournalPosition)
    case discarded(at: Timestamp, reason: String)
  }

  /// The stage of a delivery that failed; otherwise the stage is the step's name.
  public static let deliveryStage = LetterStage.delivery.rawValue
  /// The stage of a message that failed before its first step.
  public static let startStage = LetterStage.start.rawValue

  /// Of the letter, not of the message; ids sort by the time they were made.
  public var id: String
  public var messageID: String
  public var integration: String
  public var customer: String
  public var tenant: String = ""
  /// The incoming connection's name.
  public var source: String = ""
  /// Those that the message did not reach. Empty only when nothing is left of the letter but that it is there: see ``damage``.
  public var destinations: [String]
  public var stage: String
  /// What failed: the connector's type, the built-in function's name, or the guest's name.
  public var plugin: String = ""
  /// The version of what failed: a semantic version, or the SHA-256 of a guest's code; empty when it has none.
  public var pluginVersion: String = ""
  public var code: String = ""
  /// The code that a guest failed with on purpose; empty otherwise.
  public var guestCode: String = ""
  /// Why, in plain words.
  public var message: String = ""
  public var backtrace: [String] = []
  public var attempts: [Attempt] = []
  /// As it was when it failed.
  public var payload: [UInt8]
  public var contentType: String = ""
  /// With their values; ``json(withPayloads:)`` hides those of secret ones.
  public var headers: MessageHeaders = MessageHeaders()
  /// As it came.
  public var originalPayload: [UInt8]
  public var originalContentType: String = ""
  public var originalHeaders: MessageHeaders = MessageHeaders()
  /// The stage that it came in at: nil for the first step, otherwise the one that a replay began with.
  public var firstStage: String?
  public var correlationID: String = ""
  public var traceID: String = ""
  public var receivedAt: Timestamp
  public var failedAt: Timestamp
  /// The letter whose replay failed; nil for a message that failed the first time.
  public var replayOf: String?
  public var state: State = .open
  /// Why its payloads cannot be read, with the remedy; both are empty then. Nil when they can.
  public var damage: String?

  public init(
    id: String = MessageID.next(),
    messageID: String,
    integration: String,
    customer: String,
    destinations: [String],
    stage: String,
    payload: [UInt8],
    originalPayload: [UInt8],
    receivedAt: Timestamp,
    failedAt: Timestamp
  ) {
    self.id = id
    self.messageID = messageID
    self.integration = integration
    self.customer = customer
    self.destinations = destinations
    self.stage = stage
    self.payload = payload
    self.originalPayload = originalPayload
    self.receivedAt = receivedAt
    self.failedAt = failedAt
  }
}
