import NIOCore
import NIOHTTP1
import RopewalkCore

/// One request on its way to becoming a message.
struct WebhookRequest {
  private let endpoint: WebhookEndpoint
  private let signedHeaders: HTTPHeaders?
  private var headers: [MessageHeaders.Field]
  private var contentType = ""
  private var id: String?
  /// Of the header that the id is from; only one that counts more replaces it.
  private var idRank = Int.max
  private var correlationID: String?
  private var traceID: String?
  private var body: ByteBuffer?
  private(set) var declaredLength: Int?
  private(set) var expectsContinue = false
  private(set) var hostCount = 0

  /// Names that concern the connection, its framing, or who may speak to us, not the message.
  private static let unkept = [
    "connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host", "content-length", "expect", "authorization",
    "proxy-authorization", "cookie",
  ]

  init(_ head: HTTPRequestHead, for endpoint: WebhookEndpoint, captures: [MessageHeaders.Field]) {
    self.endpoint = endpoint
    signedHeaders = endpoint.signature == nil ? nil : head.headers
    headers = []
    headers.reserveCapacity(head.headers.count + captures.count)
    for (name, value) in head.headers { take(name, value) }
    headers += captures
  }

  private mutating func take(_ name: String, _ value: String) {
    // Most names differ from all that matter by their length alone.
    switch name.utf8.count {
    case 4 where name.equalsIgnoringASCIICase("host"): hostCount += 1
    case 6 where name.equalsIgnoringASCIICase("expect"): expectsContinue = value.equalsIgnoringASCIICase("100-continue")
    case 11 where name.equalsIgnoringASCIICase("traceparent"): traceID = TraceParent.traceID(in: value)
    case 12 where name.equalsIgnoringASCIICase("content-type"): contentType = value
    case 14 where name.equalsIgnoringASCIICase("content-length"): declaredLength = Int(value)
    case 16 where name.equalsIgnoringASCIICase("x-correlation-id"): correlationID = value
    default: break
    }
    if let rank = endpoint.idempotencyHeaders.prefix(idRank).firstIndex(where: { name.equalsIgnoringASCIICase($0) }) {
      (id, idRank) = (value, rank)
    }
    guard !Self.unkept.contains(where: { name.equalsIgnoringASCIICase($0) }),
      !name.hasPrefixIgnoringASCIICase(MessageHeaders.reservedPrefix)
    else { return }
    headers.append(.init(name: name, value: value))
  }

  /// False when the body is now larger than the endpoint takes.
  mutating func append(_ part: ByteBuffer) -> Bool {
    if body == nil {
      body = part
    } else {
      body?.writeImmutableBuffer(part)
    }
    return (body?.readableBytes ?? 0) <= endpoint.maxBodySize.bytes
  }

  /// The message; to be called when the body is complete.
  /// - Throws: the answer for a request that cannot be taken.
  func message(now: Timestamp) throws(WebhookRefusal) -> Message {
    var id = self.id
    if let signature = endpoint.signature, let signedHeaders {
      do throws(SignatureVerifier.Mismatch) {
        id = try signature.verify(headers: signedHeaders, body: (body ?? ByteBuffer()).readableBytesView, now: now) ?? id
      } catch {
        throw WebhookRefusal(answer: .failure(.webhookSignature, error.message, status: .unauthorized))
      }
    }
    if let id, id.isEmpty || id.utf8.count > Message.maxIDLength || !HTTPSyntax.isFieldValue(id) {
      let names = endpoint.idempotencyHeaders.joined(separator: ", ")
      let message = "the message id (\(names)) is empty, longer than \(Message.maxIDLength) bytes, or no text; send another, or none"
      throw WebhookRefusal(answer: .failure(.webhookInvalid, message))
    }
    let messageID = id ?? MessageID.next()
    return Message(
      id: messageID,
      payload: body.map { Array($0.readableBytesView) } ?? [],
      contentType: contentType,
      metadata: MessageMetadata(source: endpoint.source, correlationID: correlationID ?? messageID, traceID: traceID ?? ""),
      headers: MessageHeaders(headers),
      timestamp: now
    )
  }
}

/// A request that is not taken, with its answer.
struct WebhookRefusal: Error {
  var answer: WebhookAnswer
}
