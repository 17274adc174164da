import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkResources
import RopewalkServer

/// Puts on record what those write who do not come by the API. While that cannot be done nothing is written.
///
/// Events are left out, which are a record themselves, and writes that change nothing.
struct AuditedClient: ForwardingClient {
  let base: any ResourceClient
  private let audit: AuditLog
  private let source: String?
  private let logger: Logger

  /// - Parameter source: where the writes come from; nil for the name of whoever writes.
  init(_ client: any ResourceClient, audit: AuditLog, source: String? = nil, logger: Logger) {
    self.base = client
    self.audit = audit
    self.source = source
    self.logger = logger
  }

  func create(_ resource: Resource, options: WriteOptions) async throws -> Resource {
    try await recorded("create", key(of: resource), .main, options, status: 201) { try await base.create(resource, options: options) }
  }

  func update(_ resource: Resource, _ part: ResourcePart, options: WriteOptions) async throws -> Resource {
    try await recorded("update", key(of: resource), part, options) { try await base.update(resource, part, options: options) }
  }

  func modify(
    _ key: ResourceKey,
    _ part: ResourcePart,
    options: WriteOptions,
    _ change: @Sendable (inout Resource) throws -> Void
  ) async throws -> Resource {
    try await recorded("patch", key, part, options) { try await base.modify(key, part, options: options, change) }
  }

  func delete(_ key: ResourceKey, options: DeleteOptions) async throws -> Resource {
    var own = WriteOptions()
    (own.subject, own.isDryRun) = (options.subject, options.isDryRun)
    return try await recorded("delete", key, .main, own) { try await base.delete(key, options: options) }
  }

  private func recorded(
    _ verb: String,
    _ key: ResourceKey,
    _ part: ResourcePart,
    _ options: WriteOptions,
    status: Int = 200,
    _ write: () async throws -> Resource
  ) async throws -> Resource {
    guard key.collection != .events else { return try await write() }
    try audit.checkWritable()
    var record = AuditRecord(
      time: .now,
      subject: options.subject,
      verb: verb,
      target: target(of: key, part),
      source: source ?? options.subject.name,
      status: status,
      isDryRun: options.isDryRun
    )
    do {
      let before = try? await base.get(key).metadata.resourceVersion
      let written = try await write()
      if written.metadata.resourceVersion != before { append(record) }
      return written
    } catch {
      // A refusal for want of a grant is put on record by who refuses.
      if (error as? RopewalkError)?.code != .clientDenied {
        record.fail(error)
        append(record)
      }
      throw error
    }
  }

  private func append(_ record: AuditRecord) {
    do {
      try audit.append(record)
    } catch {
      logger.critical("a write is not on the audit log; further ones are refused", metadata: ["error": "\(error)"])
    }
  }

  private func key(of resource: Resource) -> ResourceKey {
    let type = type(apiVersion: resource.apiVersion, kind: resource.kind)
    let collection = type?.collection ?? ResourceCollection(group: "", plural: resource.kind)
    return ResourceKey(collection, namespace: resource.metadata.namespace, name: resource.metadata.name)
  }

  private func target(of key: ResourceKey, _ part: ResourcePart) -> ResourceTarget {
    ResourceTarget(
      group: key.collection.group,
      resource: key.collection.plural,
      subresource: part == .status ? "status" : "",
      namespace: key.namespace,
      name: key.name
    )
  }
}
