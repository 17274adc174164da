import NIOCore
import RopewalkCore

/// What a handler answers.
struct APIAnswer: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    case stream(WatchStream)
  }

  var status: Int
  var contentType: String
  var body: Body
  /// For the `Warning` header, one each.
  var warnings: [String] = []
  /// Further headers.
  var headers: [(name: String, value: String)] = []

  init(_ status: Int = 200, contentType: String = MediaType.json, body: Body) {
    self.status = status
    self.contentType = contentType
    self.body = body
  }

  static func json(_ value: JSON, status: Int = 200, contentType: String = MediaType.json) -> APIAnswer {
    APIAnswer(status, contentType: contentType, body: .bytes(value.serialised()))
  }

  static func text(_ text: String, status: Int = 200) -> APIAnswer {
    APIAnswer(status, contentType: "text/plain; charset=utf-8", body: .bytes(Array(text.utf8)))
  }

  init(_ error: StatusError) {
    self = .json(error.json, status: error.code)
    if let seconds = error.retryAfter { headers.append(("Retry-After", String(seconds))) }
    if error.code == 401 { headers.append(("WWW-Authenticate", "Bearer")) }
  }
}
