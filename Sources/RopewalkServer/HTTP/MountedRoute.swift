package import RopewalkResources

/// A path beside the API that somebody else answers: metrics, a console.
package struct MountedRoute: Sendable {
  package enum Access: Sendable, Hashable {
    /// Anybody, unknown people included. For what tells nothing of what runs here.
    case open
    /// Who is known and may `get` the path, by the rules of access.
    case authorized
  }

  /// `/console`; a path that ends with `/` also stands for everything beneath it.
  package var path: String
  package var access: Access
  /// Answers a GET.
  package var answer: @Sendable (Request) async throws -> Answer

  package init(_ path: String, access: Access, _ answer: @escaping @Sendable (Request) async throws -> Answer) {
    self.path = path
    self.access = access
    self.answer = answer
  }

  package struct Request: Sendable {
    /// Decoded, without the query.
    package var path: String
    /// Nil on an open route.
    package var subject: Subject?
    package var query: @Sendable (String) -> String?
  }

  package struct Answer: Sendable {
    package var status: Int
    package var contentType: String
    package var body: [UInt8]
    package var headers: [(name: String, value: String)] = []

    package init(status: Int = 200, contentType: String, body: [UInt8]) {
      self.status = status
      self.contentType = contentType
      self.body = body
    }

    package static func text(_ text: String, status: Int = 200) -> Answer {
      Answer(status: status, contentType: "text/plain; charset=utf-8", body: Array(text.utf8))
    }
  }

  func matches(_ path: String) -> Bool {
    path == self.path || self.path.hasSuffix("/") && (path.hasPrefix(self.path) || path == self.path.dropLast())
  }
}
