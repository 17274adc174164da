import RopewalkCore

/// What an envelope may say.
enum MetadataRules {
  /// The most bytes that the keys and values of all annotations may have, the limit of Kubernetes: 256 KiB.
  static let maxAnnotations = 256 << 10
  /// The most finalizers and owners of one object. Default 1,000.
  static let maxReferences = 1000

  static func problems(in metadata: ResourceMetadata, of kind: Kind) -> [InvalidField] {
    var problems: [InvalidField] = []
    checkName(metadata, kind, &problems)
    checkLabels(metadata, &problems)
    checkOwners(metadata.ownerReferences, &problems)
    for (index, finalizer) in metadata.finalizers.enumerated() where !NameRules.isQualifiedName(finalizer) {
      problems.append(InvalidField("metadata.finalizers[\(index)]", .invalid, NameRules.qualifiedWords))
    }
    for (field, count) in [("finalizers", metadata.finalizers.count), ("ownerReferences", metadata.ownerReferences.count)]
    where count > maxReferences {
      problems.append(InvalidField("metadata.\(field)", .tooMany, "must have at most \(maxReferences) items"))
    }
    return problems
  }

  private static func checkName(_ metadata: ResourceMetadata, _ kind: Kind, _ problems: inout [InvalidField]) {
    if metadata.name.isEmpty {
      problems.append(InvalidField("metadata.name", .required, "Required value: name or generateName is required"))
    } else if let words = wrongName(metadata.name, kind.nameRule) {
      let nearest = ObjectName.nearest(to: metadata.name).map { "; for example \($0)" } ?? ""
      problems.append(InvalidField("metadata.name", .invalid, "Invalid value: \"\(metadata.name.prefix(80))\": \(words)\(nearest)"))
    }
    if kind.type.isNamespaced {
      if metadata.namespace.isEmpty {
        problems.append(InvalidField("metadata.namespace", .required, "Required value"))
      } else if !NameRules.isLabel(metadata.namespace) {
        problems.append(InvalidField("metadata.namespace", .invalid, NameRules.labelWords))
      }
    } else if !metadata.namespace.isEmpty {
      problems.append(InvalidField("metadata.namespace", .forbidden, "not allowed: \(kind.type.kind) has no namespace; remove it"))
    }
  }

  private static func wrongName(_ name: String, _ rule: Kind.NameRule) -> String? {
    switch rule {
    case .subdomain: NameRules.isSubdomain(name) ? nil : NameRules.subdomainWords
    case .label: NameRules.isLabel(name) ? nil : NameRules.labelWords
    case .pathSegment: NameRules.isPathSegment(name) ? nil : "must be at most 253 bytes without '/', '%' and spaces"
    }
  }

  private static func checkLabels(_ metadata: ResourceMetadata, _ problems: inout [InvalidField]) {
    for (key, value) in metadata.labels.sorted(by: { $0.key < $1.key }) {
      if !NameRules.isQualifiedName(key) {
        problems.append(
          InvalidField("metadata.labels", .invalid, "Invalid value: \"\(key.prefix(80))\": the key \(NameRules.qualifiedWords)")
        )
      }
      if !NameRules.isLabelValue(value) {
        problems.append(
          InvalidField(
            "metadata.labels",
            .invalid,
            "Invalid value: \"\(value.prefix(80))\": the value of \(key.prefix(80)) \(NameRules.valueWords)"
          )
        )
      }
    }
    for key in metadata.annotations.keys.sorted() where !NameRules.isQualifiedName(key) {
      problems.append(
        InvalidField("metadata.annotations", .invalid, "Invalid value: \"\(key.prefix(80))\": the key \(NameRules.qualifiedWords)")
      )
    }
    let size = metadata.annotations.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    if size > maxAnnotations {
      problems.append(InvalidField("metadata.annotations", .tooLong, "Too long: must have at most \(maxAnnotations) bytes"))
    }
  }

  private static func checkOwners(_ owners: [OwnerReference], _ problems: inout [InvalidField]) {
    for (index, owner) in owners.enumerated() {
      let path = "metadata.ownerReferences[\(index)]"
      for (field, value) in [("apiVersion", owner.apiVersion), ("kind", owner.kind), ("name", owner.name), ("uid", owner.uid)]
      where value.isEmpty {
        problems.append(InvalidField("\(path).\(field)", .required, "must not be empty"))
      }
    }
    if owners.count(where: \.controller) > 1 {
      problems.append(InvalidField("metadata.ownerReferences", .invalid, "only one owner may have controller set to true"))
    }
  }
}
