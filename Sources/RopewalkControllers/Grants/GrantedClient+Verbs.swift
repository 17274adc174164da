import RopewalkCore
import RopewalkResources

extension GrantedClient {
  /// Does what a request that was admitted asks for.
  func perform(_ request: ClientRequest) async throws -> JSON {
    switch request.verb {
    case .get: return ["object": try await client.get(request.key).json]
    case .list: return try await list(request)
    case .create: return ["object": try await client.create(try object(of: request), options: options).json]
    case .update: return try await update(request, .main)
    case .status: return try await update(request, .status)
    case .patch: return try await patch(request)
    case .delete:
      var options = DeleteOptions()
      options.subject = subject
      return ["object": try await client.delete(request.key, options: options).json]
    case .event: return try await recordEvent(request)
    }
  }

  private var options: WriteOptions {
    var options = WriteOptions()
    options.subject = subject
    options.fieldManager = settings.controller
    return options
  }

  /// The object to write.
  /// - Throws: `client.denied` when it brings finalizers without the capability.
  private func object(of request: ClientRequest) throws -> Resource {
    guard let object = request.object else { throw ClientRequest.invalid("object: missing") }
    if request.verb == .create { try checkFinalizers([], object.metadata.finalizers) }
    return object
  }

  private func update(_ request: ClientRequest, _ part: ResourcePart) async throws -> JSON {
    let object = try object(of: request)
    if part == .main, !settings.capabilities.contains(.finalization) {
      try checkFinalizers(try await client.get(request.key).metadata.finalizers, object.metadata.finalizers)
    }
    return ["object": try await client.update(object, part, options: options).json]
  }

  /// A JSON merge patch of everything but `status`.
  private func patch(_ request: ClientRequest) async throws -> JSON {
    guard let patch = request.rest["patch"], case .object = patch else {
      throw ClientRequest.invalid("patch: missing; it is a map (RFC 7386)")
    }
    let patched = try await client.modify(request.key, .main, options: options) { resource in
      let before = resource.metadata.finalizers
      resource = try Resource(json: JSONMergePatch.apply(patch, to: resource.json))
      try self.checkFinalizers(before, resource.metadata.finalizers)
      guard resource.json.serialised().count <= self.settings.grants.maxObjectSize.bytes else {
        throw RopewalkError(.clientDenied, "the object would be larger than the \(self.settings.grants.maxObjectSize) of maxObjectSize")
      }
    }
    return ["object": patched.json]
  }

  private func checkFinalizers(_ before: [String], _ after: [String]) throws {
    guard Set(before) != Set(after), !settings.capabilities.contains(.finalization) else { return }
    throw RopewalkError(
      .clientDenied,
      "the controller '\(settings.controller)' may not change finalizers: add finalization to its capabilities"
    )
  }

  private func list(_ request: ClientRequest) async throws -> JSON {
    let rest = request.rest
    let list = try await client.list(
      ResourceQuery(
        request.key.collection,
        namespace: request.key.namespace.isEmpty ? nil : request.key.namespace,
        labels: try LabelSelector(parsing: rest["labelSelector"]?.string ?? ""),
        fields: try FieldSelector(parsing: rest["fieldSelector"]?.string ?? ""),
        limit: min(max(1, rest["limit"]?.int ?? Self.maxPage), Self.maxPage),
        continue: rest["continue"]?.string
      )
    )
    var answer: JSONObject = [
      "items": .array(list.items.map(\.json)),
      "resourceVersion": .string(list.resourceVersion),
    ]
    if let next = list.continue { answer["continue"] = .string(next) }
    return .object(answer)
  }

  private func recordEvent(_ request: ClientRequest) async throws -> JSON {
    let severity = request.rest["type"]?.string.flatMap { EventRecorder.Severity(rawValue: $0) } ?? .normal
    guard let reason = request.rest["reason"]?.string, !reason.isEmpty else { throw ClientRequest.invalid("reason: missing in an event") }
    let object = try await client.get(request.key)
    try await events.record(severity, reason: reason, message: request.rest["message"]?.string ?? "", about: object)
    return [:]
  }
}
