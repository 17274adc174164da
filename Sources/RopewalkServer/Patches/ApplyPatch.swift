import RopewalkCore
import RopewalkFunctions
import RopewalkResources

/// Server-side apply: the manager says everything that he wants of an object; what he said before and does not say any
/// more goes, what he never said stays.
///
/// Fields are shared without conflicts: who says a field last has its value. What each manager said is kept in
/// `metadata.managedFields` in the form of Kubernetes, lists being one field each.
struct ApplyPatch: Sendable {
  var wanted: JSON
  var manager: String
  var apiVersion: String
  /// RFC 3339, for the record.
  var time: String

  func apply(to live: JSON) -> JSON {
    var entries = live["metadata"]?["managedFields"]?.array ?? []
    let own = entries.firstIndex { $0["manager"]?.string == manager && $0["operation"]?.string == "Apply" }
    let others = entries.indices.filter { $0 != own }.compactMap { entries[$0]["fieldsV1"]?.object }
    let fields = Self.fields(of: configuration)
    var result = live
    if let said = own.flatMap({ entries[$0]["fieldsV1"]?.object }) {
      Self.remove(said, except: [fields] + others, from: &result)
    }
    result = JSONMergePatch.apply(configuration, to: result)

    let entry: JSON = [
      "manager": .string(manager), "operation": "Apply", "apiVersion": .string(apiVersion), "time": .string(time),
      "fieldsType": "FieldsV1", "fieldsV1": .object(fields),
    ]
    // An apply that changes nothing writes nothing: the time of the record alone is no change.
    if let own, result.isSameValue(as: live), entries[own]["fieldsV1"]?.isSameValue(as: .object(fields)) == true { return live }
    if let own { entries[own] = entry } else { entries.append(entry) }
    return JSONMergePatch.apply(["metadata": ["managedFields": .array(entries)]], to: result)
  }

  /// What is wanted, without what the envelope says anyway.
  private var configuration: JSON {
    guard var object = wanted.object else { return wanted }
    if var metadata = object["metadata"]?.object {
      for key in ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"] { metadata[key] = nil }
      object["metadata"] = .object(metadata)
    }
    return .object(object)
  }

  private static let envelope: Set = ["apiVersion", "kind"]

  private static func fields(of configuration: JSON) -> JSONObject {
    var fields = set(of: configuration.object ?? JSONObject())
    for key in envelope { fields["f:\(key)"] = nil }
    if var metadata = fields["f:metadata"]?.object {
      for key in ["name", "namespace"] { metadata["f:\(key)"] = nil }
      fields["f:metadata"] = metadata.isEmpty ? nil : .object(metadata)
    }
    return fields
  }

  private static func set(of object: JSONObject) -> JSONObject {
    JSONObject(
      object.members.map { member in
        let inner = member.value.object.map(set) ?? JSONObject()
        return JSONObject.Member(key: "f:\(member.key)", value: .object(inner))
      }
    )
  }

  /// Removes the leaves of `said` that none of `kept` has.
  private static func remove(_ said: JSONObject, except kept: [JSONObject], from value: inout JSON) {
    guard case .object(var object) = value else { return }
    for member in said.members {
      let key = String(member.key.dropFirst(2))
      let keptHere = kept.compactMap { $0[member.key]?.object }
      if let inner = member.value.object, !inner.isEmpty {
        guard var child = object[key] else { continue }
        remove(inner, except: keptHere, from: &child)
        let isEmptied = child.object?.isEmpty == true && keptHere.isEmpty
        object[key] = isEmptied ? nil : child
      } else if keptHere.isEmpty {
        object[key] = nil
      }
    }
    value = .object(object)
  }
}
