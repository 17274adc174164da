import RopewalkCore

/// The messages that this side of a stream sends: those that wait for credit, those whose payload is on its way in
/// chunks, and those that have no answer yet.
///
/// A `Ticket` stands for who waits for a message's answer.
struct OutgoingLine<Ticket: Sendable>: Sendable {
  /// Names a message from its entry on, before it has a sequence.
  typealias ID = UInt64

  private struct Waiting {
    var id: ID
    var parcel: Parcel
    /// Of its payload, in bytes.
    var size: Int
    var ticket: Ticket
  }

  private struct UnderWay {
    var id: ID
    var ticket: Ticket
  }

  private struct Chunking {
    var sequence: UInt64
    var rest: ArraySlice<UInt8>
  }

  private let limits: ExchangeLimits
  private var waiting = FIFO<Waiting>()
  private var underWay: [UInt64: UnderWay] = [:]
  private var chunking = FIFO<Chunking>()
  private var credit = SendCredit()
  private var lastSequence: UInt64 = 0
  /// Messages that nobody waits for any more, whose answer may still come.
  private var cancelled: Set<UInt64> = []
  /// An answer to a sequence up to this one is ignored where it is not expected: what was cancelled there is forgotten.
  private var forgottenUpTo: UInt64 = 0
  /// How many cancelled messages are remembered one by one.
  static var cancelledRemembered: Int { 4096 }

  init(limits: ExchangeLimits) {
    self.limits = limits
  }

  var waitingCount: Int { waiting.count }
  var isIdle: Bool { waiting.isEmpty && underWay.isEmpty && chunking.isEmpty }
  /// Nothing is left to be sent.
  var isDrained: Bool { waiting.isEmpty && chunking.isEmpty }

  var hasBatch: Bool { waiting.firstSatisfies { credit.allows($0.size) } }
  var hasChunk: Bool { !chunking.isEmpty }

  mutating func enqueue(_ message: Message, position: [UInt8] = [], id: ID, ticket: Ticket) {
    waiting.append(Waiting(id: id, parcel: Parcel(message, position: position), size: message.payload.count, ticket: ticket))
  }

  mutating func addCredit(messages: UInt32, bytes: UInt64) throws(ProtocolViolation) {
    try credit.add(messages: messages, bytes: bytes)
  }

  /// The next messages, as many as credit and a frame have room for.
  mutating func nextBatch() -> [Departure] {
    var batch: [Departure] = []
    batch.reserveCapacity(min(waiting.count, ExchangeLimits.batchMessages))
    var room = ExchangeLimits.batchBytes
    while batch.count < ExchangeLimits.batchMessages, let next = popNext(room: batch.isEmpty ? .max : room) {
      credit.use(next.size)
      lastSequence += 1
      underWay[lastSequence] = UnderWay(id: next.id, ticket: next.ticket)
      room -= next.parcel.message.sizeBesidePayload
      if isChunked(next.size) {
        chunking.append(Chunking(sequence: lastSequence, rest: next.parcel.message.payload[...]))
        batch.append(Departure(sequence: lastSequence, parcel: next.parcel.withoutPayload, chunkedLength: next.size))
      } else {
        room -= next.size
        batch.append(Departure(sequence: lastSequence, parcel: next.parcel, chunkedLength: 0))
      }
    }
    return batch
  }

  /// The first that waits, where there is credit for it and room for a payload that does not go in chunks.
  private mutating func popNext(room: Int) -> Waiting? {
    guard waiting.firstSatisfies({ credit.allows($0.size) && (isChunked($0.size) || $0.size <= room) }) else { return nil }
    return waiting.popFirst()
  }

  private func isChunked(_ size: Int) -> Bool { size > limits.maxInlinePayload }

  /// The next part of a payload; messages take turns.
  mutating func nextChunk() -> DepartingChunk? {
    guard var first = chunking.popFirst() else { return nil }
    let data = first.rest.prefix(limits.maxInlinePayload)
    first.rest = first.rest.dropFirst(limits.maxInlinePayload)
    if !first.rest.isEmpty { chunking.append(first) }
    return DepartingChunk(sequence: first.sequence, data: data)
  }

  /// Takes an answer; returns who waits for it, or nil when nobody does any more.
  mutating func answered(_ sequence: UInt64) throws(ProtocolViolation) -> Ticket? {
    if let message = underWay.removeValue(forKey: sequence) {
      credit.answered()
      stopChunks(of: sequence)
      return message.ticket
    }
    guard cancelled.remove(sequence) != nil || sequence > 0 && sequence <= forgottenUpTo else {
      throw ProtocolViolation("it answers message \(sequence), which was not sent or has its answer already")
    }
    return nil
  }

  enum Cancelled {
    /// It was not sent yet, and will not be.
    case beforeSending(Ticket)
    /// The other side is to be told.
    case underWay(Ticket, sequence: UInt64)
  }

  /// Nobody waits for a message any more. Nil when it has its answer already.
  mutating func cancel(_ id: ID) -> Cancelled? {
    if let message = waiting.remove(where: { $0.id == id }) { return .beforeSending(message.ticket) }
    guard let (sequence, message) = underWay.first(where: { $0.value.id == id }) else { return nil }
    underWay[sequence] = nil
    credit.answered()
    stopChunks(of: sequence)
    if cancelled.count >= Self.cancelledRemembered {
      forgottenUpTo = max(forgottenUpTo, cancelled.max() ?? 0)
      cancelled = []
    }
    cancelled.insert(sequence)
    return .underWay(message.ticket, sequence: sequence)
  }

  /// Gives up what was not sent yet.
  mutating func removeWaiting() -> [Ticket] { waiting.removeAll().map(\.ticket) }

  /// Gives up what was sent and has no answer.
  mutating func removeUnderWay() -> [Ticket] {
    defer {
      underWay = [:]
      chunking.removeAll()
    }
    return underWay.values.map(\.ticket)
  }

  private mutating func stopChunks(of sequence: UInt64) {
    if !chunking.isEmpty { _ = chunking.remove { $0.sequence == sequence } }
  }
}
