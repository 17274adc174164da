import RopewalkCore
import RopewalkResources

/// Does what a request asks of objects.
struct ObjectHandler: Sendable {
  let client: any ResourceClient
  let authorizer: Authorizer
  let limits: APIServerLimits

  func answer(_ call: ObjectCall) async throws -> APIAnswer {
    switch call.verb {
    case .get: return try await get(call)
    case .list: return try await list(call)
    case .watch: return try await watch(call)
    case .create: return try await create(call)
    case .update: return try await update(call)
    case .patch: return try await patch(call)
    case .delete: return try await delete(call)
    case .deletecollection: return try await deleteCollection(call)
    }
  }

  // MARK: Reading

  private func get(_ call: ObjectCall) async throws -> APIAnswer {
    let form = try call.request.form
    return try answer(with: try await client.get(call.key), call, form)
  }

  private func list(_ call: ObjectCall) async throws -> APIAnswer {
    let form = try call.request.form
    let asked = try call.request.query.number("limit").flatMap { $0 == 0 ? nil : $0 }
    let list = try await client.list(call.query(limit: min(asked ?? limits.maxListPage, limits.maxListPage)))
    try checkVersion(call, list.resourceVersion)

    var metadata: JSONObject = ["resourceVersion": .string(list.resourceVersion)]
    if let next = list.continue { metadata["continue"] = .string(next) }
    if let remaining = list.remaining { metadata["remainingItemCount"] = .number(JSONNumber(remaining)) }
    switch form {
    case .table:
      return .json(try table(call).table(of: list.items.map(call.served), metadata: .object(metadata), now: .now))
    case .partialObject:
      return .json([
        "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": .object(metadata),
        "items": .array(list.items.map { PartialObject.json(of: $0.json) }),
      ])
    case .object:
      return .json([
        "kind": .string("\(call.type.kind)List"), "apiVersion": .string(call.type.apiVersion), "metadata": .object(metadata),
        "items": .array(list.items.map { call.served($0).json }),
      ])
    }
  }

  /// Lists are always of the latest state; one of an exact other state cannot be had.
  private func checkVersion(_ call: ObjectCall, _ version: String) throws {
    guard call.request.query["resourceVersionMatch"] == "Exact", let wanted = call.request.query["resourceVersion"] else { return }
    guard wanted == version else {
      throw StatusError.expired("the state of resourceVersion \(wanted.prefix(40)) is not kept; list without resourceVersionMatch=Exact")
    }
  }

  private func watch(_ call: ObjectCall) async throws -> APIAnswer {
    let form = try call.request.form
    let query = call.request.query
    let sendsInitialEvents = try query.flag("sendInitialEvents")
    let version = query["resourceVersion"].flatMap { $0 == "0" || sendsInitialEvents ? nil : $0 }
    let seconds = try query.number("timeoutSeconds").flatMap { $0 == 0 ? nil : $0 }
    let events = try await client.watch(call.query(limit: nil), after: version)
    return APIAnswer(
      body: .stream(
        WatchStream(
          events: events,
          encoder: WatchEncoder(
            type: call.type,
            form: form,
            table: try table(call),
            sendsBookmarks: try query.flag("allowWatchBookmarks"),
            marksInitialEnd: sendsInitialEvents
          ),
          duration: seconds.map { min(.seconds($0), limits.watchTime) } ?? limits.watchTime,
          writeTime: limits.watchWriteTime,
          recheck: limits.watchRecheck,
          isAllowedStill: call.request.isAllowedStill
        )
      )
    )
  }

  private func table(_ call: ObjectCall) throws -> ObjectTable {
    let text = call.request.query["includeObject"] ?? ObjectTable.IncludedObject.metadata.rawValue
    guard let included = ObjectTable.IncludedObject(rawValue: text) else {
      throw StatusError.badRequest("includeObject is None, Metadata or Object")
    }
    return ObjectTable(call.type, included: included)
  }

  private func answer(with object: Resource, _ call: ObjectCall, _ form: AnswerForm, status: Int = 200) throws -> APIAnswer {
    let object = call.served(object)
    switch form {
    case .object: return .json(object.json, status: status)
    case .partialObject: return .json(PartialObject.json(of: object.json), status: status)
    case .table:
      let metadata: JSON = ["resourceVersion": .string(object.metadata.resourceVersion)]
      return .json(try table(call).table(of: [object], metadata: metadata, now: .now), status: status)
    }
  }

  // MARK: Writing

  private func create(_ call: ObjectCall) async throws -> APIAnswer {
    let form = try call.request.form
    let warnings = WarningList()
    let options = try call.writeOptions(warnings)
    let object = try object(of: call, try RequestDocument.read(call.request, options.fieldValidation, warnings))
    call.request.created.note(object)
    try checkEscalation(object, call)
    let made = try await client.create(object, options: options)
    call.request.created.note(made)
    return try warned(answer(with: made, call, form, status: 201), warnings)
  }

  private func update(_ call: ObjectCall) async throws -> APIAnswer {
    let form = try call.request.form
    let warnings = WarningList()
    let options = try call.writeOptions(warnings)
    let object = try object(of: call, try RequestDocument.read(call.request, options.fieldValidation, warnings))
    try checkEscalation(object, call)
    let written = try await client.update(object, call.part, options: options)
    return try warned(answer(with: written, call, form), warnings)
  }

  private func patch(_ call: ObjectCall) async throws -> APIAnswer {
    let form = try call.request.form
    let warnings = WarningList()
    let options = try call.writeOptions(warnings)
    let patch = try ObjectPatch(call, warnings)
    do {
      let written = try await client.modify(call.key, call.part, options: options) { object in
        object = try self.object(of: call, patch.apply(to: call.served(object)), replacing: object)
        try self.checkEscalation(object, call)
      }
      return try warned(answer(with: written, call, form), warnings)
    } catch let error as RopewalkError where error.code == .resourceNotFound && patch.createsMissing && call.part == .main {
      let object = try object(of: call, patch.newDocument(call))
      try checkEscalation(object, call)
      let made = try await client.create(object, options: options)
      return try warned(answer(with: made, call, form, status: 201), warnings)
    }
  }

  /// The object that a document is, which must be the one that the path names.
  private func object(of call: ObjectCall, _ document: JSON, replacing old: Resource? = nil) throws -> Resource {
    var object = try Resource(json: document)
    guard object.apiVersion == call.type.apiVersion, object.kind == call.type.kind else {
      throw StatusError.badRequest(
        "the body is a \(object.kind) of \(object.apiVersion) where a \(call.type.kind) of \(call.type.apiVersion) belongs"
      )
    }
    if object.metadata.namespace.isEmpty { object.metadata.namespace = call.namespace }
    guard object.metadata.namespace == call.namespace else {
      throw StatusError.badRequest("the namespace of the object (\(object.metadata.namespace)) is not that of the URL (\(call.namespace))")
    }
    if call.verb != .create {
      if object.metadata.name.isEmpty { object.metadata.name = call.name }
      guard object.metadata.name == call.name else {
        throw StatusError.badRequest("the name of the object (\(object.metadata.name)) is not that of the URL (\(call.name))")
      }
    }
    if let old, !object.metadata.resourceVersion.isEmpty, object.metadata.resourceVersion != old.metadata.resourceVersion {
      throw RopewalkError.changedMeanwhile(call.key)
    }
    return object
  }

  private func checkEscalation(_ object: Resource, _ call: ObjectCall) throws {
    guard let rules = authorizer.rules, call.type.group == EscalationGuard.group else { return }
    try EscalationGuard(rules: rules, subject: call.request.subject).check(object)
  }

  private func warned(_ answer: APIAnswer, _ warnings: WarningList) -> APIAnswer {
    var answer = answer
    answer.warnings = warnings.all
    return answer
  }

  // MARK: Deleting

  private func delete(_ call: ObjectCall) async throws -> APIAnswer {
    let options = try DeleteOptions(call)
    let deleted = try await client.delete(call.key, options: options)
    return .json(Self.outcome(of: call.served(deleted), call))
  }

  /// The object where somebody has something to do before it goes; else that it is gone.
  private static func outcome(of deleted: Resource, _ call: ObjectCall) -> JSON {
    if deleted.metadata.deletionTimestamp != nil, !deleted.metadata.finalizers.isEmpty { return deleted.json }
    var details: JSONObject = ["name": .string(deleted.metadata.name)]
    if !call.type.group.isEmpty { details["group"] = .string(call.type.group) }
    details["kind"] = .string(call.type.plural)
    details["uid"] = .string(deleted.metadata.uid)
    return ["kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Success", "details": .object(details)]
  }

  private func deleteCollection(_ call: ObjectCall) async throws -> APIAnswer {
    let options = try DeleteOptions(call)
    let list = try await client.list(call.query(limit: limits.maxListPage))
    var deleted: [JSON] = []
    for object in list.items {
      let key = ResourceKey(call.type.collection, namespace: object.metadata.namespace, name: object.metadata.name)
      do {
        deleted.append(call.served(try await client.delete(key, options: options)).json)
      } catch let error as RopewalkError where error.code == .resourceNotFound {
        continue
      }
    }
    var metadata: JSONObject = ["resourceVersion": .string(list.resourceVersion)]
    if let next = list.continue { metadata["continue"] = .string(next) }
    return .json([
      "kind": .string("\(call.type.kind)List"), "apiVersion": .string(call.type.apiVersion), "metadata": .object(metadata),
      "items": .array(deleted),
    ])
  }
}
