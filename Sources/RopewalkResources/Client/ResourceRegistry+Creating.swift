import RopewalkCore
import RopewalkFunctions
import Synchronization

extension ResourceRegistry {
  package func create(_ resource: Resource, options: WriteOptions) async throws -> Resource {
    let kind = try kind(of: resource)
    guard resource.metadata.resourceVersion.isEmpty else {
      throw RopewalkError(.resourceMalformed, "resourceVersion should not be set on objects to be created; remove it")
    }
    for _ in 0..<settings.maxAttempts {
      do {
        return try await createOnce(named(resource), kind, options)
      } catch let error as RopewalkError where error.code == .resourceExists && resource.metadata.name.isEmpty {
        // The generated name is taken: another one is drawn.
        continue
      }
    }
    throw RopewalkError(.resourceExists, "no free name was found for \"\(resource.metadata.generateName)\"; use another generateName")
  }

  private func named(_ resource: Resource) -> Resource {
    guard resource.metadata.name.isEmpty, !resource.metadata.generateName.isEmpty else { return resource }
    var resource = resource
    resource.metadata.name = ObjectUID.name(from: resource.metadata.generateName)
    return resource
  }

  private func createOnce(_ written: Resource, _ kind: Kind, _ options: WriteOptions) async throws -> Resource {
    let key = ResourceKey(kind.type.collection, namespace: written.metadata.namespace, name: written.metadata.name)
    var next = written
    next.metadata.uid = ObjectUID.next()
    next.metadata.creationTimestamp = now
    next.metadata.deletionTimestamp = nil
    next.metadata.deletionGracePeriodSeconds = nil
    next.metadata.generation = kind.type.hasGeneration ? 1 : 0
    dropForeign(&next)
    if kind.type.hasStatus { next.status = nil }
    next = try await prepared(next, over: nil, .main, kind, options)
    let namespace = try await namespace(of: next, kind)
    let stored = try settled(next, over: nil, kind)
    if options.isDryRun {
      guard try await store.get(key) == nil else { throw RopewalkError.exists(key) }
      return shown(stored, kind)
    }
    do {
      let result = try await store.write(stored, at: key, expecting: .absent)
      if let namespace { try await withdraw(key, kind, unlessIn: namespace) }
      learn(from: result, kind)
      return shown(result, kind)
    } catch let error as RopewalkError where error.code == .storeConflict {
      throw RopewalkError.exists(key)
    }
  }

  /// What others keep in the envelope and we do not: who wrote which field.
  func dropForeign(_ resource: inout Resource) {
    resource.metadata.others["selfLink"] = nil
  }

  /// The object with all that is filled in, when it is within all rules.
  func prepared(_ written: Resource, over old: Resource?, _ part: ResourcePart, _ kind: Kind, _ options: WriteOptions) async throws
    -> Resource
  {
    var next = written
    try checkDepth(next.json, of: next, ResourceRegistrySettings.maxNesting, kind)
    try prune(&next, over: old, kind, options)
    kind.schema?.applyDefaults(to: &next.fields)
    if kind.type.collection == .customResourceDefinitions { KindDefinition.applyDefaults(to: &next) }
    var request = AdmissionRequest(
      operation: old == nil ? .create : .update,
      type: kind.type,
      key: ResourceKey(kind.type.collection, namespace: next.metadata.namespace, name: next.metadata.name),
      part: part,
      object: next,
      old: old,
      subject: options.subject,
      isDryRun: options.isDryRun
    )
    let warn = { (text: String) in options.onWarning?(text) ?? () }
    let answered = try await admission.settingDefaults(request, warn: warn)
    if answered != next {
      next = answered
      _ = kind.schema?.prune(&next.fields)
      kind.schema?.applyDefaults(to: &next.fields)
    }
    try check(next, over: old, kind)
    request.object = next
    let problems = try await admission.problems(request, warn: warn)
    guard problems.isEmpty else { throw RopewalkError.invalid(problems, kind.type, next.metadata.name) }
    return next
  }

  private func checkDepth(_ json: JSON, of resource: Resource, _ limit: Int, _ kind: Kind) throws(RopewalkError) {
    guard !json.isNested(deeperThan: limit) else {
      throw RopewalkError(
        .resourceMalformed,
        "\(kind.type.kind) \"\(resource.metadata.name)\" has lists and maps nested deeper than \(limit) levels; make it flatter"
      )
    }
  }

  /// What of the envelope is kept although nothing here knows it.
  private static let foreignMetadata: Set = ["managedFields", "selfLink"]

  private func prune(_ resource: inout Resource, over old: Resource?, _ kind: Kind, _ options: WriteOptions) throws {
    let strangers = resource.metadata.others.members.map(\.key).filter { !Self.foreignMetadata.contains($0) }
    for key in strangers { resource.metadata.others[key] = nil }
    // What an object has had for long is nobody's mistake now.
    let new = strangers.filter { old?.metadata.others[$0] == nil }
    let unknown = new.map { "metadata.\($0)" } + (kind.schema?.prune(&resource.fields) ?? [])
    guard !unknown.isEmpty else { return }
    let shown = unknown.prefix(20).map { "unknown field \"\($0)\"" }
    switch options.fieldValidation {
    case .strict:
      throw RopewalkError(
        .resourceMalformed,
        "\(kind.type.kind) in version \"\(kind.type.version)\" cannot be handled as a \(kind.type.kind): strict decoding error: \(shown.joined(separator: ", "))"
      )
    case .warn: for text in shown { options.onWarning?(text) }
    case .ignore: break
    }
  }

  private func check(_ next: Resource, over old: Resource?, _ kind: Kind) throws {
    var problems = MetadataRules.problems(in: next.metadata, of: kind)
    problems += kind.schema?.problems(in: next.fields) ?? []
    if kind.type.collection == .secrets { problems += SealedSecret.problems(in: next, over: old) }
    if kind.type.collection == .customResourceDefinitions, problems.isEmpty {
      do { _ = try KindDefinition(next) } catch { problems += error.causes }
    }
    if let old { problems += serverFinalizers(dropped: next, old, kind) }
    if let old, kind.type.collection == .customResourceDefinitions { problems += KindDefinition.problems(in: next, over: old) }
    if let old, old.metadata.deletionTimestamp != nil {
      for finalizer in next.metadata.finalizers where !old.metadata.finalizers.contains(finalizer) {
        problems.append(
          InvalidField(
            "metadata.finalizers",
            .forbidden,
            "no new finalizers can be added if the object is being deleted, found \(finalizer)"
          )
        )
      }
    }
    guard problems.isEmpty else { throw RopewalkError.invalid(problems, kind.type, next.metadata.name) }
  }

  /// What a namespace or a definition holds goes before it does: only the server says when that is so.
  private func serverFinalizers(dropped next: Resource, _ old: Resource, _ kind: Kind) -> [InvalidField] {
    guard [.namespaces, .customResourceDefinitions].contains(kind.type.collection) else { return [] }
    return [Self.namespaceFinalizer, KindDefinition.cleanup]
      .filter { old.metadata.finalizers.contains($0) && !next.metadata.finalizers.contains($0) }
      .map { InvalidField("metadata.finalizers", .forbidden, "the server takes \($0) away itself, once nothing is left in it") }
  }

  /// The form in which it is kept, when it is not too large.
  func settled(_ resource: Resource, over stored: Resource?, _ kind: Kind) throws -> Resource {
    var next = resource
    next.apiVersion = kind.storageAPIVersion
    switch kind.type.collection {
    case .secrets: next = try SealedSecret.seal(next, over: stored, with: sealing)
    case .customResourceDefinitions: next.status = try definitionStatus(of: next)
    case .namespaces: next.status = ["phase": .string(next.metadata.deletionTimestamp == nil ? "Active" : "Terminating")]
    default: break
    }
    let json = next.json
    // The server's own fields add a few levels to what was written.
    try checkDepth(json, of: next, ResourceRegistrySettings.maxNesting + 32, kind)
    let size = json.serialised().count
    guard size <= settings.maxObjectSize.bytes else {
      throw RopewalkError(
        .resourceTooLarge,
        "\(kind.type.kind) \"\(next.metadata.name)\" has \(size) bytes, more than the limit maxObjectSize of \(settings.maxObjectSize.bytes); make it smaller or divide it"
      )
    }
    return next
  }

  private func definitionStatus(of resource: Resource) throws -> JSON {
    let definition: KindDefinition
    do {
      definition = try KindDefinition(resource)
    } catch {
      throw RopewalkError(.resourceInvalid, "the definition \(resource.metadata.name) is invalid: \(error)", cause: error)
    }
    let words = Set([definition.plural, definition.singular] + definition.shortNames)
    let holder = kinds.withLock { $0.holder(of: words, kind: definition.kind, in: definition.group, besides: definition.name) }
    return definition.status(before: resource.status, holder: holder, at: now)
  }

  /// Where an object is to be made; nil where it needs no namespace.
  private func namespace(of resource: Resource, _ kind: Kind) async throws -> Resource? {
    guard kind.type.isNamespaced, settings.requiresNamespaces else { return nil }
    let key = ResourceKey(.namespaces, name: resource.metadata.namespace)
    guard let namespace = try await store.get(key) else { throw RopewalkError.notFound(key) }
    guard namespace.metadata.deletionTimestamp == nil else { throw Self.terminating(key.name, resource.metadata.name, kind) }
    return namespace
  }

  /// A namespace that ended meanwhile knew nothing of the object, and whoever makes the next one of that name would find it there.
  private func withdraw(_ key: ResourceKey, _ kind: Kind, unlessIn namespace: Resource) async throws {
    let current = try await store.get(ResourceKey(.namespaces, name: key.namespace))
    guard current?.metadata.uid != namespace.metadata.uid || current?.metadata.deletionTimestamp != nil else { return }
    _ = try await beginDeletion(key)
    throw Self.terminating(key.namespace, key.name, kind)
  }

  private static func terminating(_ namespace: String, _ name: String, _ kind: Kind) -> RopewalkError {
    RopewalkError(
      .resourceForbidden,
      "\(kind.type.collection) \"\(name)\" is forbidden: unable to create new content in namespace \(namespace) because it is being terminated"
    )
  }
}
