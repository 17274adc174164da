import FoundationEssentials
import RopewalkCore

/// The messages that this side of a stream receives: those whose payload is still coming in chunks, and those that it
/// has not answered.
struct IncomingLine: Sendable {
  private let limits: ExchangeLimits
  private var credit: ReceiveCredit
  private var lastSequence: UInt64 = 0
  /// Their payloads are what has come of them.
  private var assembling: [UInt64: Arrival] = [:]
  private var unanswered: [UInt64: Int] = [:]

  init(limits: ExchangeLimits) {
    self.limits = limits
    credit = ReceiveCredit(messages: limits.windowMessages, bytes: limits.windowBytes)
  }

  var isIdle: Bool { unanswered.isEmpty }
  func isUnanswered(_ sequence: UInt64) -> Bool { unanswered[sequence] != nil }
  var isGrantDue: Bool { credit.isGrantDue }

  mutating func grant() -> (messages: Int, bytes: Int)? { credit.grant() }

  /// Takes the beginning of a message. It is all of it, unless the payload comes in chunks.
  mutating func begin(_ arrival: Arrival) throws(ProtocolViolation) {
    let sequence = arrival.sequence
    let inlinePayload = arrival.message.payload.count
    let chunkedLength = arrival.chunkedLength
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
    guard chunkedLength > 0 else { return }
    var beginning = arrival
    // What is announced is not believed before it comes.
    beginning.message.payload.reserveCapacity(min(size, limits.maxInlinePayload))
    assembling[sequence] = beginning
  }

  /// Takes a part of a payload. Returns the message when it is complete.
  mutating func chunk(_ sequence: UInt64, _ data: Data) throws(ProtocolViolation) -> Arrival? {
    guard let (length, count) = assembling[sequence].map({ (Int($0.chunkedLength), $0.message.payload.count) }) else {
      throw ProtocolViolation("it sends a chunk for message \(sequence), which has no more to come")
    }
    guard !data.isEmpty, data.count <= limits.maxInlinePayload, count + data.count <= length else {
      throw ProtocolViolation("a chunk of \(data.count) bytes for message \(sequence) is empty or too large")
    }
    // By pointer: a `Data` is appended byte by byte otherwise.
    data.withUnsafeBytes { assembling[sequence]?.message.payload.append(contentsOf: $0) }
    return count + data.count == length ? assembling.removeValue(forKey: sequence) : nil
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
