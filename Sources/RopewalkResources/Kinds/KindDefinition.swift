import RopewalkCore

/// What a CustomResourceDefinition says: the kinds, one a served version, or why there are none.
struct KindDefinition {
  /// The finalizer of a definition whose objects are still being deleted.
  static let cleanup = "customresourcecleanup.apiextensions.k8s.io"

  let name: String
  let group: String
  let plural: String
  let singular: String
  let kind: String
  let listKind: String
  let shortNames: [String]
  let kinds: [Kind]
  let storageVersion: String

  var collection: ResourceCollection { ResourceCollection(group: group, plural: plural) }

  /// - Throws: everything that is wrong with the definition.
  init(_ resource: Resource) throws(InvalidResource) {
    var problems: [InvalidField] = []
    let spec = resource.spec?.object ?? JSONObject()
    let names = spec["names"]?.object ?? JSONObject()
    name = resource.metadata.name
    group = spec["group"]?.string ?? ""
    plural = names["plural"]?.string ?? ""
    kind = names["kind"]?.string ?? ""
    singular = names["singular"]?.string ?? kind.lowercased()
    listKind = names["listKind"]?.string ?? kind + "List"
    shortNames = names["shortNames"]?.array?.compactMap(\.string) ?? []
    Self.checkNames(name: name, group: group, plural: plural, singular: singular, kind: kind, shortNames, &problems)
    let versions = spec["versions"]?.array ?? []
    storageVersion = versions.first { $0["storage"]?.bool == true }?["name"]?.string ?? ""
    Self.checkVersions(versions, &problems)
    Self.checkRest(spec, &problems)

    var kinds: [Kind] = []
    for (index, version) in versions.enumerated() {
      let path = "spec.versions[\(index)]"
      guard let kind = Self.kind(version, spec, path: path, like: (group, plural, singular, kind), storageVersion, &problems) else {
        continue
      }
      if version["served"]?.bool == true { kinds.append(kind) }
    }
    guard problems.isEmpty else { throw InvalidResource(problems) }
    self.kinds = kinds
  }

  /// What of a definition cannot be changed: its objects would be at another place.
  static func problems(in next: Resource, over old: Resource) -> [InvalidField] {
    ["scope", "group"].filter { old.spec?[$0] != next.spec?[$0] }.map {
      InvalidField("spec.\($0)", .invalid, "cannot be changed; delete the definition with its objects and create it anew")
    }
  }

  private static func checkNames(
    name: String,
    group: String,
    plural: String,
    singular: String,
    kind: String,
    _ shortNames: [String],
    _ problems: inout [InvalidField]
  ) {
    if !NameRules.isSubdomain(group) || !group.contains(".") {
      problems.append(InvalidField("spec.group", .invalid, "should be a domain with at least one dot, such as inventory.example.com"))
    }
    for (field, word) in [("plural", plural), ("singular", singular), ("kind", kind.lowercased())] where !NameRules.isLabel(word) {
      problems.append(InvalidField("spec.names.\(field)", .invalid, NameRules.labelWords))
    }
    for (index, word) in shortNames.enumerated() where !NameRules.isLabel(word) {
      problems.append(InvalidField("spec.names.shortNames[\(index)]", .invalid, NameRules.labelWords))
    }
    if name != "\(plural).\(group)" {
      problems.append(InvalidField("metadata.name", .invalid, "must be spec.names.plural+\".\"+spec.group: \(plural).\(group)"))
    }
  }

  private static func checkVersions(_ versions: [JSON], _ problems: inout [InvalidField]) {
    let storing = versions.count { $0["storage"]?.bool == true }
    if storing != 1 {
      problems.append(InvalidField("spec.versions", .invalid, "must have exactly one version marked as storage version; \(storing) are"))
    }
    var seen: Set<String> = []
    for (index, version) in versions.enumerated() {
      let name = version["name"]?.string ?? ""
      if !NameRules.isLabel(name) { problems.append(InvalidField("spec.versions[\(index)].name", .invalid, NameRules.labelWords)) }
      if !seen.insert(name).inserted {
        problems.append(InvalidField("spec.versions[\(index)].name", .duplicate, "Duplicate value: \"\(name)\""))
      }
    }
  }

  private static func checkRest(_ spec: JSONObject, _ problems: inout [InvalidField]) {
    if let strategy = spec["conversion"]?["strategy"]?.string, strategy != "None" {
      problems.append(InvalidField("spec.conversion.strategy", .notSupported, "Unsupported value: supported values: \"None\""))
    }
    if spec["preserveUnknownFields"]?.bool == true {
      problems.append(
        InvalidField(
          "spec.preserveUnknownFields",
          .invalid,
          "must be false; set x-kubernetes-preserve-unknown-fields in the schema instead"
        )
      )
    }
  }

  private static func kind(
    _ version: JSON,
    _ spec: JSONObject,
    path: String,
    like names: (group: String, plural: String, singular: String, kind: String),
    _ storageVersion: String,
    _ problems: inout [InvalidField]
  ) -> Kind? {
    guard let json = version["schema"]?["openAPIV3Schema"] else {
      problems.append(InvalidField("\(path).schema.openAPIV3Schema", .required, "schemas are required"))
      return nil
    }
    do {
      let schema = try StructuralSchema(json, path: "\(path).schema.openAPIV3Schema")
      let hasStatus = version["subresources"]?["status"] != nil
      let type = ResourceType(
        group: names.group,
        version: version["name"]?.string ?? "",
        kind: names.kind,
        plural: names.plural,
        singular: names.singular,
        shortNames: spec["names"]?["shortNames"]?.array?.compactMap(\.string) ?? [],
        categories: spec["names"]?["categories"]?.array?.compactMap(\.string) ?? [],
        isNamespaced: spec["scope"]?.string != "Cluster",
        hasStatus: hasStatus,
        schema: json,
        columns: columns(version["additionalPrinterColumns"]?.array)
      )
      return Kind(type, schema: schema, storageVersion: storageVersion)
    } catch {
      problems += error.causes
      return nil
    }
  }

  private static func columns(_ columns: [JSON]?) -> [PrinterColumn] {
    guard let columns, !columns.isEmpty else { return [.age] }
    return columns.map { column in
      PrinterColumn(
        name: column["name"]?.string ?? "",
        type: column["type"]?.string ?? "string",
        jsonPath: column["jsonPath"]?.string ?? "",
        description: column["description"]?.string ?? "",
        priority: column["priority"]?.int ?? 0
      )
    }
  }

  // MARK: As it is stored

  /// What a writer may leave out.
  static func applyDefaults(to resource: inout Resource) {
    guard var spec = resource.spec?.object, var names = spec["names"]?.object, let kind = names["kind"]?.string else { return }
    if names["singular"] == nil { names["singular"] = .string(kind.lowercased()) }
    if names["listKind"] == nil { names["listKind"] = .string(kind + "List") }
    spec["names"] = .object(names)
    if spec["conversion"] == nil { spec["conversion"] = ["strategy": "None"] }
    resource.spec = .object(spec)
  }

  /// The status of the definition.
  /// - Parameter holder: who has one of the names already; nil when they are free.
  func status(before: JSON?, holder: String?, at now: Timestamp) -> JSON {
    let accepted: JSON = .object([
      "plural": .string(plural), "singular": .string(singular), "kind": .string(kind), "listKind": .string(listKind),
      "shortNames": .array(shortNames.map { .string($0) }),
    ])
    var stored = before?["storedVersions"]?.array ?? []
    if !stored.contains(.string(storageVersion)) { stored.append(.string(storageVersion)) }
    let conflict = holder.map { "one of the names is already in use by \($0)" }
    let conditions = [
      Self.condition(
        "NamesAccepted",
        conflict == nil,
        reason: conflict == nil ? "NoConflicts" : "NameConflict",
        conflict ?? "no conflicts found",
        before,
        now
      ),
      Self.condition(
        "Established",
        conflict == nil,
        reason: conflict == nil ? "InitialNamesAccepted" : "NotAccepted",
        conflict == nil ? "the initial names have been accepted" : "not all names are accepted",
        before,
        now
      ),
    ]
    return .object([
      "conditions": .array(conditions),
      "acceptedNames": conflict == nil ? accepted : before?["acceptedNames"] ?? ["plural": "", "kind": ""],
      "storedVersions": .array(stored),
    ])
  }

  private static func condition(_ type: String, _ holds: Bool, reason: String, _ message: String, _ before: JSON?, _ now: Timestamp) -> JSON
  {
    let status: JSON = .string(holds ? "True" : "False")
    let previous = before?["conditions"]?.array?.first { $0["type"]?.string == type }
    let since = previous?["status"] == status ? previous?["lastTransitionTime"] : nil
    return .object([
      "lastTransitionTime": since ?? .string(now.rfc3339Seconds), "message": .string(message), "reason": .string(reason), "status": status,
      "type": .string(type),
    ])
  }
}
