import RopewalkCore

extension SchemaNode {
  // MARK: Defaults

  func applyDefaults(to object: inout JSONObject) {
    for (key, property) in properties {
      if object[key] == nil || (object[key] == .null && !property.isNullable && property.defaultValue != nil) {
        if let value = property.defaultValue { object[key] = value }
      }
      guard let value = object[key] else { continue }
      object[key] = property.withDefaults(value)
    }
    if case .schema(let schema) = additional {
      for member in object.members where properties[member.key] == nil { object[member.key] = schema.withDefaults(member.value) }
    }
  }

  private func withDefaults(_ value: JSON) -> JSON {
    switch value {
    case .object(var object):
      applyDefaults(to: &object)
      return .object(object)
    case .array(let elements):
      guard let items else { return value }
      return .array(elements.map { $0 == .null && !items.isNullable ? items.defaultValue ?? $0 : items.withDefaults($0) })
    default: return value
    }
  }

  // MARK: Pruning

  func prune(_ object: inout JSONObject, path: String, removed: inout [String]) {
    var kept: [JSONObject.Member] = []
    kept.reserveCapacity(object.count)
    for var member in object.members {
      let memberPath = path.isEmpty ? member.key : "\(path).\(member.key)"
      if let property = properties[member.key] {
        member.value = property.pruned(member.value, path: memberPath, removed: &removed)
      } else if case .schema(let schema) = additional {
        member.value = schema.pruned(member.value, path: memberPath, removed: &removed)
      } else if case .any = additional {
        // Anything goes.
      } else if !preservesUnknown, !(isEmbeddedResource && ["apiVersion", "kind", "metadata"].contains(member.key)) {
        removed.append(memberPath)
        continue
      }
      kept.append(member)
    }
    object = JSONObject(kept)
  }

  private func pruned(_ value: JSON, path: String, removed: inout [String]) -> JSON {
    switch value {
    case .object(var object):
      // What must not be an object keeps its fields, so that the check says what is wrong.
      guard type == .object || type == nil else { return value }
      prune(&object, path: path, removed: &removed)
      return .object(object)
    case .array(let elements):
      guard let items else { return value }
      var result: [JSON] = []
      result.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() { result.append(items.pruned(element, path: "\(path)[\(index)]", removed: &removed)) }
      return .array(result)
    default: return value
    }
  }
}
