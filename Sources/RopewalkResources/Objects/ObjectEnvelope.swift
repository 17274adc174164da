import RopewalkCore

/// What every object begins with: `apiVersion`, `kind`, `metadata`, `spec`.
struct ObjectEnvelope {
  static let apiVersion = "ropewalk.dev/v1"
  static let keys = ["apiVersion", "kind", "metadata", "spec"]

  /// Nil when it is missing or broken, which is reported.
  var metadata: ObjectMetadata?
  var nameField: YAMLField?
  /// Nil when it is missing, which is reported.
  var spec: YAMLField?

  /// Nil when the document is no object of the kind at all, which is reported.
  init?(of document: YAMLField, kind: ObjectKind, nameExample: String) {
    let example = "one that begins with apiVersion: \(Self.apiVersion) and kind: \(kind.rawValue)"
    // `status` comes with objects that were fetched from a control plane.
    guard let map = document.map(keys: Self.keys + ["status"], example: example) else { return nil }
    Self.checkVersion(map)
    guard Self.isKind(kind, map) else { return nil }

    if let field = map.required("metadata", example: "{ name: \(nameExample) }") {
      (metadata, nameField) = Self.metadata(field, nameExample: nameExample)
    }
    spec = map.required("spec", example: "and what the \(kind.rawValue) is under it")
  }

  private static func checkVersion(_ map: YAMLMap) {
    guard let field = map.required("apiVersion", example: apiVersion) else { return }
    guard let version = field.string("a version of the format", example: apiVersion), version != apiVersion else { return }
    field.error("\(field.node.found) is not known", remedy: "write apiVersion: \(apiVersion)")
  }

  private static func isKind(_ expected: ObjectKind, _ map: YAMLMap) -> Bool {
    guard let field = map.required("kind", example: expected.rawValue), let kind: ObjectKind = field.word("a kind of object") else {
      return false
    }
    if kind != expected { field.error("found \(kind.withArticle) where \(expected.withArticle) should be", remedy: kind.whereItBelongs) }
    return kind == expected
  }

  /// What a control plane writes into `metadata`; it means nothing in a file.
  private static let setByControlPlane = [
    "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "finalizers", "ownerReferences", "managedFields",
  ]

  private static func metadata(_ field: YAMLField, nameExample: String) -> (ObjectMetadata?, YAMLField?) {
    let known = ["name", "namespace", "labels", "annotations"]
    let present = field.entriesIfMap.filter { setByControlPlane.contains($0.key) }
    for entry in present { entry.value.warning("is set by the control plane and ignored here", remedy: "remove it") }
    guard let map = field.map(keys: known + present.map(\.key), example: "{ name: \(nameExample) }") else { return (nil, nil) }

    let nameField = map.required("name", example: nameExample)
    let name = nameField?.name(example: nameExample)
    let namespace = map["namespace"].map { $0.name(example: "default") } ?? "default"
    let labels = map.strings("labels", example: "{ team: billing }")
    let annotations = map.strings("annotations", example: "{ note: text }")
    guard let name, let namespace else { return (nil, nameField) }
    let metadata = ObjectMetadata(
      name: name,
      namespace: namespace,
      labels: Dictionary(labels.map { ($0.key, $0.value) }) { first, _ in first },
      annotations: Dictionary(annotations.map { ($0.key, $0.value) }) { first, _ in first }
    )
    return (metadata, nameField)
  }
}

extension YAMLField {
  /// The members when this is a map; reports nothing.
  fileprivate var entriesIfMap: [(key: String, value: YAMLField)] {
    guard case .map(let members) = node.content else { return [] }
    return members.map { ($0.key, child($0.key, $0.value)) }
  }
}
