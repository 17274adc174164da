import RopewalkCore

/// Kubernetes' own patch, which `kubectl` sends for the kinds it was compiled with, such as `Namespace` or `ClusterRole`.
///
/// A merge patch that also knows `$patch` and lists whose elements have a key. The lists of the kinds that are served here
/// and have one are `mergeKeys`; every other list is replaced.
enum StrategicMergePatch {
  private static let mergeKeys = ["conditions": "type", "ownerReferences": "uid"]
  private static let primitiveLists: Set = ["finalizers"]

  static func apply(_ patch: JSON, to target: JSON) -> JSON {
    guard case .object(let changes) = patch else { return patch }
    switch changes["$patch"]?.string {
    case "replace": return .object(JSONObject(changes.members.filter { $0.key != "$patch" }))
    case "delete": return .object(JSONObject())
    default: break
    }
    var result = target.object ?? JSONObject()
    for member in changes.members { merge(member, into: &result) }
    return .object(result)
  }

  private static func merge(_ member: JSONObject.Member, into result: inout JSONObject) {
    let deletion = "$deleteFromPrimitiveList/"
    if member.key.hasPrefix(deletion) {
      let key = String(member.key.dropFirst(deletion.count))
      let removed = member.value.array ?? []
      if let old = result[key]?.array { result[key] = .array(old.filter { !removed.contains($0) }) }
    } else if member.key == "$retainKeys", let kept = member.value.array?.compactMap(\.string) {
      for key in result.keys where !kept.contains(key) { result[key] = nil }
    } else if member.key.hasPrefix("$") {
      return
    } else if member.value == .null {
      result[member.key] = nil
    } else if let key = mergeKeys[member.key], let changes = member.value.array {
      result[member.key] = .array(merge(changes, into: result[member.key]?.array ?? [], by: key))
    } else if primitiveLists.contains(member.key), let added = member.value.array {
      let old = result[member.key]?.array ?? []
      result[member.key] = .array(old + added.filter { !old.contains($0) })
    } else {
      result[member.key] = apply(member.value, to: result[member.key] ?? .null)
    }
  }

  private static func merge(_ changes: [JSON], into old: [JSON], by key: String) -> [JSON] {
    var result = old
    for change in changes {
      let place = result.firstIndex { $0[key] == change[key] }
      if change["$patch"]?.string == "delete" {
        if let place { result.remove(at: place) }
      } else if let place {
        result[place] = apply(change, to: result[place])
      } else {
        result.append(change)
      }
    }
    return result
  }
}
