import HTTPTypes

/// What is done to objects.
enum APIVerb: String, Sendable, Hashable {
  case get, list, watch, create, update, patch, delete, deletecollection

  /// - Throws: 405 when the method means nothing for such a path.
  init(_ method: HTTPRequest.Method, _ path: APIPath, _ query: QueryParameters) throws(StatusError) {
    switch (method, path.name) {
    case (.get, _) where try query.flag("watch"): self = .watch
    case (.get, nil): self = .list
    case (.get, _): self = .get
    case (.post, nil): self = .create
    case (.put, .some): self = .update
    case (.patch, .some): self = .patch
    case (.delete, nil): self = .deletecollection
    case (.delete, .some): self = .delete
    default: throw .methodNotAllowed(method.rawValue)
    }
  }

  var isWrite: Bool {
    switch self {
    case .get, .list, .watch: false
    case .create, .update, .patch, .delete, .deletecollection: true
    }
  }
}
