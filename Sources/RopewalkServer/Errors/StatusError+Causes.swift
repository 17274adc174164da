import RopewalkCore
import RopewalkResources

extension StatusError {
  /// What is said of `error`, which a request about `target` met.
  init(_ error: any Error, about target: ResourceTarget?) {
    switch error {
    case let error as StatusError: self = error
    case let error as RopewalkError: self.init(error)
    case is CancellationError: self.init(503, "ServiceUnavailable", "the server is shutting down")
    default: self.init(500, "InternalError", "the server failed: \(type(of: error))")
    }
    if let target { name(target) }
  }

  private init(_ error: RopewalkError) {
    switch error.code {
    case .resourceNotFound, .storeNotFound: self.init(404, "NotFound", error.message)
    case .resourceExists: self.init(409, "AlreadyExists", error.message)
    case .resourceConflict, .storeConflict: self.init(409, "Conflict", error.message)
    case .resourceForbidden: self.init(403, "Forbidden", error.message)
    case .resourceTooLarge: self = .tooLarge(error.message)
    case .resourceMalformed, .selectorInvalid, .storeBadToken: self = .badRequest(error.message)
    case .storeExpired: self = .expired(error.message)
    case .patchInvalid: self.init(422, "Invalid", error.message)
    case .resourceInvalid:
      self.init(422, "Invalid", error.message)
      // Of an object that is created the path has no name; and kubectl says the kind, not the plural, of what is invalid.
      name = error.invalidResource?.name ?? ""
      kind = error.invalidResource?.kind ?? ""
      causes = error.invalidFields.map { Cause(reason: $0.reason.rawValue, message: $0.message, field: $0.field) }
    default: self.init(kindOf: error)
    }
  }

  private init(kindOf error: RopewalkError) {
    let text = "\(error.message) [\(error.code)]"
    switch error.code.kind.httpStatus {
    case 400: self = .badRequest(text)
    case 403: self.init(403, "Forbidden", text)
    case 404: self.init(404, "NotFound", text)
    case 409: self.init(409, "Conflict", text)
    case 422: self.init(422, "Invalid", text)
    case 429: self = .tooManyRequests(text)
    case 503:
      self.init(503, "ServiceUnavailable", text)
      retryAfter = 1
    case 504: self.init(504, "Timeout", text)
    default: self.init(500, "InternalError", text)
    }
  }

  mutating func name(_ target: ResourceTarget) {
    if name.isEmpty { name = target.name }
    if group.isEmpty { group = target.group }
    if kind.isEmpty { kind = target.resource }
  }

  static func forbidden(_ question: AccessQuestion, _ subject: Subject, reason: String) -> StatusError {
    switch question.target {
    case .path(let path):
      return StatusError(403, "Forbidden", "forbidden: User \"\(subject.name)\" cannot \(question.verb) path \"\(path)\": \(reason)")
    case .resource(let target):
      let place = target.namespace.isEmpty ? "at the cluster scope" : "in the namespace \"\(target.namespace)\""
      let object = target.name.isEmpty ? target.qualified : "\(target.qualified) \"\(target.name)\""
      var error = StatusError(
        403,
        "Forbidden",
        "\(object) is forbidden: User \"\(subject.name)\" cannot \(question.verb) resource \"\(target.path)\" in API group \"\(target.group)\" \(place): \(reason)"
      )
      error.name(target)
      return error
    }
  }
}
