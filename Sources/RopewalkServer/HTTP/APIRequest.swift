import HTTPTypes
import NIOCore
import RopewalkCore
import RopewalkResources
import Synchronization

/// One request as the handlers of the API see it: who asks for what, with its body read.
struct APIRequest: Sendable {
  var method: HTTPRequest.Method
  /// Decoded, without the query.
  var path: String
  var query: QueryParameters
  var headers: HTTPFields
  var body: [UInt8] = []
  /// Where from: `127.0.0.1:51234`.
  var source: String
  var subject: Subject
  /// Who really asks, where he acts as `subject`.
  var impersonator: String?

  /// Whether who asked is still known, and still may do this: what goes on for long asks now and then.
  var isAllowedStill: @Sendable () async -> Bool = { true }
  /// What is created by it, for the audit log.
  let created = CreatedName()

  /// - Throws: 406 when the client takes nothing that can be served.
  var form: AnswerForm {
    get throws(StatusError) { try AnswerForm(accept: headers[.accept]) }
  }

  /// The media type of the body; JSON when the client does not say.
  var contentType: MediaType { MediaType(headers[.contentType] ?? MediaType.json) }
}

/// The name of an object that a request creates, which its path does not say.
final class CreatedName: Sendable {
  private let text = Mutex("")

  var name: String { text.withLock(\.self) }

  func note(_ object: Resource) { text.withLock { $0 = object.metadata.name } }
}
