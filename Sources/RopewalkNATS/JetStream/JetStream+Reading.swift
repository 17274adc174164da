import RopewalkCore

/// A message that lies in a stream.
struct StoredMessage: Sendable {
  var sequence: UInt64
  var subject: String
  /// Our one header; nil when it was not us who stored it.
  var note: String?
  var payload: [UInt8]

  /// As `DIRECT.GET` answers.
  init?(direct message: borrowing NATSMessage) {
    guard let sequence = message.header("Nats-Sequence").flatMap({ UInt64($0) }), let subject = message.header("Nats-Subject")
    else { return nil }
    self.sequence = sequence
    self.subject = subject
    note = message.header(Self.noteHeader)
    payload = message.payload
  }

  static let noteHeader: StaticString = "Ropewalk"
}

extension JetStream {
  /// Messages that `DIRECT.GET` reads with one request.
  static let maxBatch = 256
  static let maxBatchSize = ByteCount.mebibytes(8)

  /// Reads, and reads again what was asked of a server that is gone before it answered: it is back soon, or another one answers.
  /// - Parameter ask: gets what is left of the time limit, which binds all attempts together.
  func reading<Answer: Sendable>(_ ask: (Duration) async throws -> Answer) async throws -> Answer {
    let deadline = ContinuousClock.now + connection.options.limits.requestTimeout
    while true {
      do {
        return try await ask(ContinuousClock.now.duration(to: deadline))
      } catch let error as RopewalkError where error.code == .natsDisconnected {
        // A server that comes and goes is not asked for ever.
        guard !Task.isCancelled, ContinuousClock.now < deadline else { throw error }
      }
    }
  }

  /// Asks for what changes nothing.
  func read(_ what: String, _ body: JSON? = nil) async throws -> JSON {
    try await reading { try await ask(what, body, timeout: $0) }
  }

  /// The message at a place; nil when it is not there, as the stream's leader has it.
  func message(_ sequence: UInt64, of stream: String) async throws -> StoredMessage? {
    let body: JSON = ["seq": .number(JSONNumber(literal: String(sequence)))]
    let request = NATSOutgoing("$JS.API.DIRECT.GET.\(stream)", payload: body.serialised())
    let message = try await reading { timeout in
      try await connection.request(request, timeout: timeout) { answer -> StoredMessage? in
        switch answer.status {
        case nil: StoredMessage(direct: answer)
        case 404: nil
        case let status?: throw JetStreamRefusal(status: status)
        }
      }
    }
    if let message { return message }
    // The server that answered may be behind.
    return try await leadersMessage(of: stream, body)
  }

  /// Messages of a subject, which may have wildcards, from a sequence on and in order; fewer than `limit` also when they are large,
  /// none when there are no more, as far as the server that answers knows.
  func messages(of stream: String, subject: String, from sequence: UInt64, limit: Int) async throws -> [StoredMessage] {
    let body: JSON = [
      "seq": .number(JSONNumber(literal: String(max(1, sequence)))),
      "next_by_subj": .string(subject),
      "batch": .number(JSONNumber(min(limit, Self.maxBatch))),
      "max_bytes": .number(JSONNumber(Self.maxBatchSize.bytes)),
    ]
    let request = NATSOutgoing("$JS.API.DIRECT.GET.\(stream)", payload: body.serialised())
    return try await reading { timeout in
      try await connection.requests.collect(request, timeout: timeout) { answer -> RequestDesk.Part<StoredMessage> in
        switch answer.status {
        case nil: return StoredMessage(direct: answer).map { .content($0) } ?? .end
        // The end of the batch, and nothing there.
        case 204, 404: return .end
        case let status?: throw JetStreamRefusal(status: status)
        }
      }
    }
  }
}
