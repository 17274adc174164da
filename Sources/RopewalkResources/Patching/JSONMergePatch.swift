package import RopewalkCore

/// JSON merge patch, RFC 7386: members replace members, `null` removes, lists are replaced whole.
package enum JSONMergePatch {
  package static func apply(_ patch: JSON, to target: JSON) -> JSON {
    guard case .object(let changes) = patch else { return patch }
    var result = target.object ?? JSONObject()
    for member in changes.members {
      if member.value == .null {
        result[member.key] = nil
      } else {
        result[member.key] = apply(member.value, to: result[member.key] ?? .null)
      }
    }
    return .object(result)
  }
}
