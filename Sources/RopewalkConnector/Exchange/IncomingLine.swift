import FoundationEssentials

/// The messages that this side of a stream receives: those whose payload is still coming in chunks, and those that it
/// has not answered.
///
/// An `Envelope` is a message as it came, without what chunks will bring.
struct IncomingLine<Envelope: Sendable>: Sendable {
  struct Arrival {
    var sequence: UInt64
    var envelope: Envelope
    /// The payload that came in chunks; nil when it came in the envelope.
    var chunks: [UInt8]?
  }

  private struct Assembly {
    var envelope: Envelope
    var length: Int
    var payload: [UInt8]
  }

  private let limits: ExchangeLimits
  private var credit: ReceiveCredit
  private var lastSequence: UInt64 = 0
  private var assembling: [UInt64: Assembly] = [:]
  private var unanswered: [UInt64: Int] = [:]

  init(limits: ExchangeLimits) {
    self.limits = limits
    credit = ReceiveCredit(messages: limits.windowMessages, bytes: limits.windowBytes)
  }

  var isIdle: Bool { unanswered.isEmpty }
  func isUnanswered(_ sequence: UInt64) -> Bool { unanswered[sequence] != nil }
  var isGrantDue: Bool { credit.isGrantDue }

  mutating func grant() -> (messages: Int, bytes: Int)? { credit.grant() }

  /// Takes the beginning of a message. Returns it when it is complete with that.
  mutating func begin(
    _ sequence: UInt64,
    inlinePayload: Int,
    chunkedLength: UInt64,
    _ envelope: Envelope
  ) throws(ProtocolViolation) -> Arrival? {
    guard sequence == lastSequence + 1 else {
      throw ProtocolViolation("it sends message \(sequence) where message \(lastSequence + 1) is next")
    }
    guard inlinePayload <= limits.maxInlinePayload else {
      throw ProtocolViolation(
        "message \(sequence) has \(inlinePayload) bytes in one frame, and \(limits.maxInlinePayload) are allowed; larger ones are chunked"
      )
    }
    guard chunkedLength <= UInt64(limits.maxPayload) else {
      throw ProtocolViolation("message \(sequence) announces \(chunkedLength) bytes, and \(limits.maxPayload) are allowed")
    }
    guard chunkedLength == 0 || inlinePayload == 0 else {
      throw ProtocolViolation("message \(sequence) has a payload in its frame and announces chunks")
    }
    let size = max(inlinePayload, Int(chunkedLength))
    try credit.use(size)
    lastSequence = sequence
    unanswered[sequence] = size
    guard chunkedLength > 0 else { return Arrival(sequence: sequence, envelope: envelope) }
    var payload: [UInt8] = []
    // What is announced is not believed before it comes.
    payload.reserveCapacity(min(size, limits.maxInlinePayload))
    assembling[sequence] = Assembly(envelope: envelope, length: size, payload: payload)
    return nil
  }

  /// Takes a part of a payload. Returns the message when it is complete.
  mutating func chunk(_ sequence: UInt64, _ data: Data) throws(ProtocolViolation) -> Arrival? {
    guard let length = assembling[sequence].map({ ($0.length, $0.payload.count) }) else {
      throw ProtocolViolation("it sends a chunk for message \(sequence), which has no more to come")
    }
    guard !data.isEmpty, data.count <= limits.maxInlinePayload, length.1 + data.count <= length.0 else {
      throw ProtocolViolation("a chunk of \(data.count) bytes for message \(sequence) is empty or too large")
    }
    // By pointer: a `Data` is appended byte by byte otherwise.
    data.withUnsafeBytes { assembling[sequence]?.payload.append(contentsOf: $0) }
    guard length.1 + data.count == length.0, let whole = assembling.removeValue(forKey: sequence) else { return nil }
    return Arrival(sequence: sequence, envelope: whole.envelope, chunks: whole.payload)
  }

  /// This side has answered a message, or the other no longer waits for it. False when that was so already.
  @discardableResult
  mutating func answered(_ sequence: UInt64) -> Bool {
    guard let size = unanswered.removeValue(forKey: sequence) else { return false }
    assembling[sequence] = nil
    credit.release(size)
    return true
  }
}
