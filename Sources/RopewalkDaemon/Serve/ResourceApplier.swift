import RopewalkCore
import RopewalkResources

/// Makes objects as files declare them: those that are missing are made, those that differ are changed, others stay.
struct ResourceApplier {
  let client: any ResourceClient

  /// Kinds and namespaces go first, so that what follows may be of them and in them.
  private static let first = ["CustomResourceDefinition", "Namespace", "Secret", "Customer"]

  /// - Returns: the objects as they are now.
  /// - Throws: `DiagnosticsError` with everything that was refused; the others are applied.
  func apply(_ resources: [Resource]) async throws -> [ResourceKey: Resource] {
    let ordered = resources.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }.map(\.element)
    var applied: [ResourceKey: Resource] = [:]
    var problems: [Diagnostic] = []
    for resource in ordered {
      do {
        let (key, object) = try await apply(resource)
        applied[key] = object
      } catch let error as RopewalkError {
        problems.append(Diagnostic(field: "\(resource.kind)/\(resource.metadata.name)", error.message))
      }
    }
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
    return applied
  }

  private func rank(_ resource: Resource) -> Int {
    Self.first.firstIndex(of: resource.kind) ?? Self.first.count
  }

  private func apply(_ declared: Resource) async throws -> (ResourceKey, Resource) {
    var declared = declared
    guard let type = client.type(apiVersion: declared.apiVersion, kind: declared.kind) else {
      throw RopewalkError(
        .kindUnknown,
        "there is no kind \(declared.kind) in \(declared.apiVersion); apply its CustomResourceDefinition first"
      )
    }
    if type.isNamespaced, declared.metadata.namespace.isEmpty { declared.metadata.namespace = "default" }
    let key = ResourceKey(type.collection, namespace: declared.metadata.namespace, name: declared.metadata.name)
    guard try await exists(key) else { return (key, try await client.create(declared, options: options)) }
    let changed = try await client.modify(key, .main, options: options) { [declared] object in
      for member in declared.fields.members where member.key != "status" { object.fields[member.key] = member.value }
      object.metadata.labels.merge(declared.metadata.labels) { $1 }
      object.metadata.annotations.merge(declared.metadata.annotations) { $1 }
    }
    return (key, changed)
  }

  private func exists(_ key: ResourceKey) async throws -> Bool {
    do {
      _ = try await client.get(key)
      return true
    } catch let error as RopewalkError where error.code == .resourceNotFound {
      return false
    }
  }

  private var options: WriteOptions {
    var options = WriteOptions()
    options.fieldManager = "ropewalk-serve"
    return options
  }
}

extension ErrorCode {
  static let kindUnknown = ErrorCode("resource.kind.unknown", .notFound)
}
