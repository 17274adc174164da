/// The kinds there are: the built-in ones, and those of CustomResourceDefinitions.
struct KindTable {
  private(set) var kinds: [Kind]
  private var byKind: [String: Int] = [:]
  private var byPlural: [String: Int] = [:]
  private var byCollection: [ResourceCollection: Int] = [:]
  private var defined: [String: [Kind]] = [:]
  private let builtIn: [Kind]

  init(builtIn: [Kind] = BuiltInKinds.all) {
    self.builtIn = builtIn
    self.kinds = []
    rebuild()
  }

  /// Sets the kinds that one definition makes, by its name; none removes them.
  mutating func define(_ name: String, as kinds: [Kind]) {
    defined[name] = kinds.isEmpty ? nil : kinds
    rebuild()
  }

  mutating func forgetDefinitions(besides names: Set<String>) {
    defined = defined.filter { names.contains($0.key) }
    rebuild()
  }

  func kind(apiVersion: String, kind: String) -> Kind? { byKind["\(apiVersion)/\(kind)"].map { kinds[$0] } }
  func kind(group: String, version: String, plural: String) -> Kind? { byPlural["\(group)/\(version)/\(plural)"].map { kinds[$0] } }
  /// The kind in the version that its objects are kept in.
  func kind(of collection: ResourceCollection) -> Kind? { byCollection[collection].map { kinds[$0] } }

  /// Who, besides `definition`, has one of these names in the group.
  func holder(of names: Set<String>, kind: String, in group: String, besides definition: String) -> String? {
    let others = builtIn.map { ("", $0) } + defined.filter { $0.key != definition }.flatMap { entry in entry.value.map { (entry.key, $0) } }
    return others.first { _, other in
      other.type.group == group
        && (other.type.kind == kind || !names.isDisjoint(with: [other.type.plural, other.type.singular] + other.type.shortNames))
    }.map { name, other in name.isEmpty ? "the built-in kind \(other.type.kind)" : name }
  }

  private mutating func rebuild() {
    kinds = builtIn + defined.sorted { $0.key < $1.key }.flatMap(\.value)
    byKind = [:]
    byPlural = [:]
    byCollection = [:]
    for (index, kind) in kinds.enumerated() {
      byKind["\(kind.type.apiVersion)/\(kind.type.kind)"] = index
      byPlural["\(kind.type.group)/\(kind.type.version)/\(kind.type.plural)"] = index
      if kind.type.version == kind.storageVersion || byCollection[kind.type.collection] == nil {
        byCollection[kind.type.collection] = index
      }
    }
  }
}
