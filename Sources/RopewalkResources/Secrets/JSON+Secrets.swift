package import RopewalkCore

extension JSON {
  /// The names of the secrets that texts in it refer to, as `${SECRET:name}`.
  package var secretNames: Set<String> {
    switch self {
    case .string(let text):
      guard ReferenceText.isNeeded(for: text), let parsed = try? ReferenceText(parsing: text) else { return [] }
      return Set(parsed.references.filter { $0.source == .secret }.map(\.name))
    case .array(let items): return items.reduce(into: []) { $0.formUnion($1.secretNames) }
    case .object(let object): return object.members.reduce(into: []) { $0.formUnion($1.value.secretNames) }
    case .null, .bool, .number: return []
    }
  }
}
