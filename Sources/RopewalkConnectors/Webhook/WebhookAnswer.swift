import NIOCore
import NIOHTTP1
import RopewalkConnector
import RopewalkCore

/// What a request is answered with: a status and a small JSON text.
struct WebhookAnswer {
  var status: HTTPResponseStatus
  var json: String
  /// Whole seconds.
  var retryAfter: Int?
  var allow: String?

  /// `{"id": …}`
  static func accepted(id: String, isDuplicate: Bool) -> WebhookAnswer {
    let quoted = isPlain(id) ? "\"\(id)\"" : JSON.string(id).text()
    return WebhookAnswer(status: .accepted, json: isDuplicate ? "{\"id\":\(quoted),\"duplicate\":true}" : "{\"id\":\(quoted)}")
  }

  /// `{"error": code, "message": …}` with the status of the code's kind, or another.
  static func failure(
    _ code: ErrorCode,
    _ message: String,
    status: HTTPResponseStatus? = nil,
    retryAfter: Duration? = nil,
    allow: String? = nil
  ) -> WebhookAnswer {
    WebhookAnswer(
      status: status ?? HTTPResponseStatus(statusCode: code.kind.httpStatus),
      json: JSON.object(["error": .string(code.name), "message": .string(message)]).text(),
      retryAfter: retryAfter.map { max(1, Int($0.seconds.rounded(.up))) },
      allow: allow
    )
  }

  static func outcome(of acceptance: Acceptance, id: String) -> WebhookAnswer {
    switch acceptance {
    case .accepted: accepted(id: id, isDuplicate: false)
    case .duplicate: accepted(id: id, isDuplicate: true)
    case .refused(let refusal):
      switch refusal.reason {
      case .full: failure(.webhookFull, refusal.message, retryAfter: refusal.retryAfter)
      case .unavailable: failure(.webhookUnavailable, refusal.message, retryAfter: refusal.retryAfter)
      case .invalid: failure(.webhookInvalid, refusal.message)
      case .tooLarge: failure(.webhookTooLarge, refusal.message, status: .payloadTooLarge)
      }
    }
  }

  /// How the connection goes on after the answer.
  enum Persistence {
    /// HTTP/1.1 keeps it open without saying so.
    case keep
    /// HTTP/1.0 must be told.
    case keepExplicitly
    case close
  }

  /// Writes the answer as HTTP/1.1 sends it.
  func write(to buffer: inout ByteBuffer, date: String, persistence: Persistence, withoutBody: Bool) {
    buffer.writeStaticString("HTTP/1.1 ")
    buffer.writeString(String(status.code))
    buffer.writeStaticString(" ")
    buffer.writeString(status.reasonPhrase)
    buffer.writeStaticString("\r\nContent-Type: application/json\r\nDate: ")
    buffer.writeString(date)
    switch persistence {
    case .keep: break
    case .keepExplicitly: buffer.writeStaticString("\r\nConnection: keep-alive")
    case .close: buffer.writeStaticString("\r\nConnection: close")
    }
    if let retryAfter { buffer.writeString("\r\nRetry-After: \(retryAfter)") }
    if let allow { buffer.writeString("\r\nAllow: \(allow)") }
    buffer.writeStaticString("\r\nContent-Length: ")
    buffer.writeString(String(json.utf8.count))
    buffer.writeStaticString("\r\n\r\n")
    if !withoutBody { buffer.writeString(json) }
  }

  private static func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
  }
}

extension ErrorCode {
  static let webhookInvalid = ErrorCode("webhook.invalid", .invalid)
  static let webhookSignature = ErrorCode("webhook.signature", .denied)
  static let webhookNotFound = ErrorCode("webhook.not-found", .notFound)
  static let webhookMethod = ErrorCode("webhook.method-not-allowed", .invalid)
  static let webhookTooLarge = ErrorCode("webhook.too-large", .invalid)
  static let webhookHeaderTooLarge = ErrorCode("webhook.header-too-large", .invalid)
  static let webhookTimeout = ErrorCode("webhook.timeout", .timeout)
  static let webhookFull = ErrorCode("webhook.full", .overloaded)
  static let webhookUnavailable = ErrorCode("webhook.unavailable", .unavailable)
}
