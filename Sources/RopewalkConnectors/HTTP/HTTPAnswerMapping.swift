import NIOCore
import NIOHTTP1
package import RopewalkConnector
import RopewalkCore

/// What a destination's answer means for a delivery.
package enum HTTPAnswerMapping {
  /// How much of a refusal's text goes into the error, in bytes.
  static let maxQuoted = ByteCount(512)

  /// Nil when the message is delivered.
  static func error(
    for answer: HTTPExchange.Answer,
    of peer: String,
    redacting redactor: Redactor,
    now: Timestamp = .now
  ) -> ConnectionError? {
    let status = Int(answer.head.status.code)
    if 200..<300 ~= status { return nil }
    let quoted = quote(answer, redacting: redactor)
    let message =
      "\(peer) answered \(status) \(answer.head.status.reasonPhrase)" + remedy(for: status) + (quoted.isEmpty ? "" : ": \(quoted)")
    let retryAfter = answer.head.headers.first(name: "retry-after").flatMap { RetryAfter.parse($0, now: now) }
    return error(status: status, message: message, retryAfter: retryAfter)
  }

  /// The table from status to error; nil when the message is delivered.
  package static func error(status: Int, message: String, retryAfter: Duration?) -> ConnectionError? {
    switch status {
    case 200..<300: return nil
    case 408: return ConnectionError(.timeout, message, recoverable: true, retryAfter: retryAfter)
    case 425, 429: return ConnectionError(.rateLimited, message, recoverable: true, retryAfter: retryAfter)
    case 500...: return ConnectionError(.sendFailed, message, recoverable: true, retryAfter: retryAfter)
    case 401, 403, 407: return ConnectionError(.unauthorized, message)
    default: return ConnectionError(.rejected, message)
    }
  }

  private static func remedy(for status: Int) -> String {
    switch status {
    case 300..<400: " (redirects are not followed; set 'url' to where it points)"
    case 401, 403: " (check 'auth')"
    case 404: " (check 'url')"
    case 405: " (check 'method')"
    default: ""
    }
  }

  private static func quote(_ answer: HTTPExchange.Answer, redacting redactor: Redactor) -> String {
    guard let body = answer.body, isText(answer.head.headers.first(name: "content-type")) else { return "" }
    // A cut inside a character leaves at most three bytes that are no UTF-8.
    let bytes = body.readableBytesView
    guard let text = (0...3).lazy.compactMap({ String(validating: bytes.dropLast($0), as: UTF8.self) }).first else { return "" }
    let words = redactor.redact(text).split { $0.isWhitespace }.joined(separator: " ")
    guard words.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else { return "" }
    return words.utf8.count <= maxQuoted.bytes ? words : clipped(words)
  }

  private static func clipped(_ text: String) -> String {
    var end = text.utf8.index(text.utf8.startIndex, offsetBy: maxQuoted.bytes)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return text[..<end] + "…"
  }

  private static func isText(_ contentType: String?) -> Bool {
    guard let type = contentType?.prefix(while: { $0 != ";" }).lowercased() else { return true }
    return type.hasPrefix("text/") || type.hasSuffix("json") || type.hasSuffix("xml")
  }
}

/// Knows what must not be seen, and blots it out.
struct Redactor: Sendable {
  /// Shorter words would blot out ordinary text.
  static let shortest = 4

  private let secrets: [String]

  init(_ secrets: [String]) {
    self.secrets = secrets.filter { $0.utf8.count >= Self.shortest }.sorted { $0.utf8.count > $1.utf8.count }
  }

  /// The longest of the secrets, in bytes.
  var longest: Int { secrets.first?.utf8.count ?? 0 }

  func redact(_ text: String) -> String {
    secrets.reduce(text) { $0.replacing($1, with: "***") }
  }
}
