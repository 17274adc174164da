import RopewalkCore

extension SchemaEvaluation {
  /// The keywords that look at objects alone; nil for others.
  mutating func check(_ keyword: SchemaKeyword, of node: SchemaNode, _ object: JSONObject, _ places: inout EvaluatedPlaces) -> Bool? {
    switch keyword {
    case .members(let rules): return check(rules, object, &places)
    case .required(let keys): return checkRequired(keys, "required", of: node, object)
    case .dependentRequired(let dependencies):
      var isValid = true
      for (key, required) in dependencies where has(key, object) && !checkRequired(required, "dependentRequired", of: node, object) {
        isValid = false
      }
      return isValid
    case .dependentSchemas(let schemas):
      var isValid = true
      for (key, schema) in schemas where has(key, object) && !evaluate(schema, .object(object), &places) { isValid = false }
      return isValid
    case .memberCount(let minimum, let maximum):
      if let minimum, object.count < minimum { return fail(node, "minProperties", "must have at least \(minimum) members") }
      if let maximum, object.count > maximum { return fail(node, "maxProperties", "must have at most \(maximum) members") }
      return true
    case .propertyNames(let schema):
      var isValid = true
      for member in object.members where !evaluate(schema, .string(member.key), at: member.key) {
        isValid = false
        guard mayGoOn else { return false }
      }
      return isValid
    case .unevaluatedMembers(let schema): return checkUnevaluated(schema, object, &places)
    default: return nil
    }
  }

  private mutating func check(_ rules: SchemaMembers, _ object: JSONObject, _ places: inout EvaluatedPlaces) -> Bool {
    var isValid = true
    for (index, member) in object.members.enumerated() {
      guard spend(1 + member.key.utf8.count / Self.bytesPerStep) else { return false }
      var isCovered = false
      if let node = rules.properties[ExactText(member.key)] {
        isCovered = true
        if !evaluate(node, member.value, at: member.key) { isValid = false }
      }
      for pattern in rules.patterns where matches(pattern.expression, member.key) {
        isCovered = true
        if !evaluate(pattern.node, member.value, at: member.key) { isValid = false }
      }
      if !isCovered, let node = rules.additional {
        isCovered = true
        if !evaluate(node, member.value, at: member.key) { isValid = false }
      }
      guard isValid || mayGoOn else { return false }
      if isCovered { places.insert(index) }
    }
    return isValid
  }

  /// Whether an object has a member, which is searched for.
  private mutating func has(_ key: String, _ object: JSONObject) -> Bool {
    spend(1 + object.count / Self.membersPerStep) && object[key] != nil
  }

  /// Above this many members and required keys, members are hashed before keys are looked up.
  private static let linearSearchLimit = 32

  private mutating func checkRequired(_ keys: [String], _ keyword: String, of node: SchemaNode, _ object: JSONObject) -> Bool {
    let isLarge = keys.count > Self.linearSearchLimit && object.count > Self.linearSearchLimit
    guard spend((isLarge ? keys.count + object.count : keys.count * object.count) / Self.membersPerStep) else { return false }
    let present = isLarge ? Set(object.keys.map(ExactText.init)) : []
    var isValid = true
    for key in keys where isLarge ? !present.contains(ExactText(key)) : object[key] == nil {
      isValid = fail(node, keyword, "must have the member '\(key)'")
      guard mayGoOn else { return false }
    }
    return isValid
  }

  private mutating func checkUnevaluated(_ schema: Int, _ object: JSONObject, _ places: inout EvaluatedPlaces) -> Bool {
    guard spend(object.count / Self.membersPerStep) else { return false }
    var isValid = true
    for (index, member) in object.members.enumerated() where !places.contains(index) {
      if evaluate(schema, member.value, at: member.key) {
        places.insert(index)
      } else {
        isValid = false
        guard mayGoOn else { return false }
      }
    }
    return isValid
  }
}
