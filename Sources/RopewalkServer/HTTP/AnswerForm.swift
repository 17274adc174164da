/// What the client wants objects as, by its `Accept` header.
enum AnswerForm: Sendable, Hashable {
  case object
  /// `Table` of `meta.k8s.io/v1`: what `kubectl get` shows.
  case table
  /// Metadata only.
  case partialObject

  /// The first of the types in the header that can be served; without a header, the object itself.
  /// - Throws: 406 when there is none; clients that asked for protobuf only then know.
  init(accept: String?) throws(StatusError) {
    let types = accept.map { $0.split(separator: ",").map { MediaType($0) } } ?? []
    guard !types.isEmpty else {
      self = .object
      return
    }
    for type in types {
      if let form = AnswerForm(type) {
        self = form
        return
      }
    }
    throw .notAcceptable("only application/json is served; protobuf is not")
  }

  private init?(_ type: MediaType) {
    guard [MediaType.json, "application/*", "*/*"].contains(type.essence) else { return nil }
    switch (type.parameters["as"], type.parameters["g"], type.parameters["v"]) {
    case (nil, _, _): self = .object
    case ("Table", "meta.k8s.io", "v1"): self = .table
    case ("PartialObjectMetadata", "meta.k8s.io", "v1"), ("PartialObjectMetadataList", "meta.k8s.io", "v1"): self = .partialObject
    default: return nil
    }
  }
}
