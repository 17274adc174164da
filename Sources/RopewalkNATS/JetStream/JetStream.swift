import RopewalkCore

/// JetStream's own interface: requests and answers in JSON on subjects under `$JS.API`.
///
/// See https://docs.nats.io/reference/reference-protocols/nats_api_reference.
package struct JetStream: Sendable {
  /// What a server must at least speak: level 1 came with nats-server 2.11, which reads many messages in one answer.
  static let requiredLevel = 1

  package let connection: NATSConnection

  /// - Throws: `nats.jetstream.absent` and `nats.jetstream.too-old`, with what helps.
  package init(_ connection: NATSConnection) async throws {
    self.connection = connection
    let info: JSON
    do {
      info = try await ask("INFO")
    } catch let refusal as JetStreamRefusal where refusal.isUnavailable || refusal.errorCode == JetStreamRefusal.notEnabledForAccount {
      throw RopewalkError(
        .jetStreamAbsent,
        "NATS at \(connection.server) runs without JetStream; add 'jetstream { store_dir: … }' to its configuration, and give this account a share of it",
        cause: refusal
      )
    }
    guard let level = info["api"]?["level"]?.int, level >= Self.requiredLevel else {
      throw RopewalkError(.jetStreamTooOld, "NATS at \(connection.server) is too old; nats-server 2.11 or newer is needed")
    }
  }

  /// Asks, and returns the answer.
  /// - Throws: ``JetStreamRefusal`` when the answer is an error; `nats.timeout`, `nats.disconnected`, `nats.closed`.
  func ask(_ what: String, _ body: JSON? = nil, timeout: Duration? = nil) async throws -> JSON {
    try await ask(Self.asking(what, body), timeout: timeout)
  }

  func ask(_ question: NATSOutgoing, timeout: Duration? = nil) async throws -> JSON {
    try await connection.request(question, timeout: timeout) { try Self.json(of: $0) }
  }

  static func asking(_ what: String, _ body: JSON? = nil) -> NATSOutgoing {
    NATSOutgoing("$JS.API." + what, payload: body?.serialised() ?? [])
  }

  /// What an answer says.
  /// - Throws: ``JetStreamRefusal`` when it is an error.
  static func json(of answer: borrowing NATSMessage) throws -> JSON {
    if let status = answer.status { throw JetStreamRefusal(status: status) }
    let json = try JSON.parse(answer.bytes)
    if let error = json["error"] { throw JetStreamRefusal(error) }
    return json
  }
}

/// What JetStream said no with.
package struct JetStreamRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  static let notEnabledForAccount = 10039
  static let messageNotFound: Set<Int> = [10037, 10057]
  static let streamNotFound = 10059
  static let consumerNotFound = 10014
  static let wrongLastSequence = 10071
  static let storeFailed = 10077
  static let insufficientResources: Set<Int> = [10023, 10047]

  /// As HTTP's statuses.
  var code: Int
  var errorCode: Int
  var text: String

  init(status: Int) {
    code = status
    errorCode = 0
    text = status == 503 ? "nobody answers for JetStream" : "status \(status)"
  }

  init(_ error: JSON) {
    code = error["code"]?.int ?? 500
    errorCode = error["err_code"]?.int ?? 0
    text = error["description"]?.string ?? "an unknown error"
  }

  /// What the server says of a stream that has no room, said before it is asked.
  static func full(_ stream: String) -> JetStreamRefusal {
    JetStreamRefusal(["code": 503, "err_code": .number(JSONNumber(storeFailed)), "description": .string("maximum bytes of \(stream)")])
  }

  var isUnavailable: Bool { code == 503 && errorCode == 0 }

  /// A limit of the stream or the server that later may not stand in the way.
  var isFull: Bool {
    (errorCode == Self.storeFailed && text.contains("maximum")) || Self.insufficientResources.contains(errorCode)
  }

  package var description: String { errorCode == 0 ? text : "\(text) (\(errorCode))" }
}
