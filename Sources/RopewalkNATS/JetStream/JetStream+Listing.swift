import RopewalkCore

extension JetStream {
  /// Messages that are listed with one request.
  private static let listed = 1000
  /// Lists in a row without the one message that the leader says is there.
  private static let tries = 3

  /// Everything in a stream, in order and without payloads, as it was when this was called. Returns the stream's state at that time.
  /// - Parameters:
  ///   - subject: may have wildcards; nil for all.
  ///   - first: the sequence to begin with.
  /// - Throws: `nats.timeout` when the server says that there is more than it hands out; `nats.disconnected`.
  @discardableResult
  func forEachMessage(
    of stream: String,
    subject: String? = nil,
    from first: UInt64 = 1,
    _ body: (Delivered) throws -> Void
  ) async throws -> StreamState {
    let state = try await state(of: stream)
    var (last, stuck): (UInt64, Int) = (first - 1, 0)
    // A list may end early, when the server is slow or the connection breaks. The stream's leader knows what is left.
    while last < state.lastSequence, let next = try await next(from: last + 1, of: stream, subject: subject ?? ">"),
      next <= state.lastSequence
    {
      let reached = try await list(stream, subject, from: next, through: state.lastSequence, body)
      // Nothing is also what there is to list where messages end meanwhile; then the next one is another.
      stuck = reached >= next ? 0 : stuck + (next == last + 1 ? 1 : 0)
      guard stuck < Self.tries else {
        throw RopewalkError(.natsTimeout, "NATS does not hand out what is in the stream '\(stream)'; look at the server's log")
      }
      last = max(reached, next - 1)
    }
    return state
  }

  /// Returns the sequence up to which nothing was left out.
  private func list(
    _ stream: String,
    _ subject: String?,
    from first: UInt64,
    through last: UInt64,
    _ body: (Delivered) throws -> Void
  ) async throws -> UInt64 {
    var configuration = ConsumerConfiguration(subjects: subject.map { [$0] } ?? [])
    configuration.acknowledges = false
    configuration.headersOnly = true
    configuration.start = first
    let (consumer, waiting) = try await ensure(configuration, on: stream)
    var (reached, count, left) = (first - 1, UInt64(0), waiting)
    while left > 0, reached < last {
      let page = try await ready(consumer, of: stream, limit: min(left, Self.listed))
      left = page.last?.pending ?? 0
      for message in page {
        count += 1
        // One before it was lost on its way.
        guard message.consumerSequence == count else { return reached }
        if message.sequence <= last { try body(message) }
        reached = message.sequence
      }
    }
    try? await delete(consumer: consumer, of: stream)
    return reached
  }

  /// How many messages of a subject there are, as the stream's leader has it.
  func count(of stream: String, subject: String) async throws -> Int {
    var (count, last): (Int, UInt64) = (0, 0)
    while let next = try await next(from: last + 1, of: stream, subject: subject) {
      count += 1
      last = next
    }
    return count
  }

  /// The first message at a place or behind it, as the stream's leader has it; nil when there is none.
  private func next(from sequence: UInt64, of stream: String, subject: String) async throws -> UInt64? {
    let body: JSON = ["seq": .number(JSONNumber(literal: String(sequence))), "next_by_subj": .string(subject)]
    do {
      return try await read("STREAM.MSG.GET.\(stream)", body)["message"]?["seq"]?.int.map { UInt64($0) }
    } catch let refusal as JetStreamRefusal where refusal.isGone {
      return nil
    }
  }
}
