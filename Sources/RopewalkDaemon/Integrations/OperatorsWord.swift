import RopewalkCore
import RopewalkFunctions
import RopewalkResources

/// What the files say that the server was started with. It is not held to ``FolderRules``, as long as an object is as its
/// file has it.
struct OperatorsWord: Sendable {
  /// The `spec` of each object that a file declares.
  private let specs: [ResourceKey: JSON]

  init(_ specs: [ResourceKey: JSON]) {
    self.specs = specs
  }

  func covers(_ object: Resource, in collection: ResourceCollection) -> Bool {
    let key = ResourceKey(collection, namespace: object.metadata.namespace, name: object.metadata.name)
    guard let spec = object.spec, let declared = specs[key] else { return false }
    return spec.isSameValue(as: declared)
  }

  /// Whether it covers what a field is filled with. A Secret is the word of whoever may write Secrets in the namespace.
  /// - Parameter field: such as `spec.incoming[0].config.path`.
  func covers(_ field: String, of object: Resource, in collection: ResourceCollection) -> Bool {
    guard covers(object, in: collection), let value = object.value(of: field) else { return false }
    return !value.refersToSecrets
  }
}

extension Resource {
  /// What was written in a field of `spec`, references and all.
  fileprivate func value(of field: String) -> JSON? {
    field.split(separator: ".").dropFirst().reduce(spec) { value, part in
      let words = part.split { "[]".contains($0) }
      return words.dropFirst().reduce(words.first.flatMap { value?[String($0)] }) { list, index in
        guard let items = list?.array, let index = Int(index), items.indices.contains(index) else { return nil }
        return items[index]
      }
    }
  }
}

extension JSON {
  fileprivate var refersToSecrets: Bool {
    switch self {
    case .string(let text): text.contains("${SECRET:")
    case .array(let items): items.contains(where: \.refersToSecrets)
    case .object(let object): object.members.contains { $0.value.refersToSecrets }
    case .null, .bool, .number: false
    }
  }
}
