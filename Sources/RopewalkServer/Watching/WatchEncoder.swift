import RopewalkCore
import RopewalkResources

/// Events as lines of JSON: `{"type":"ADDED","object":{…}}`.
struct WatchEncoder: Sendable {
  var type: ResourceType
  var form: AnswerForm
  var table: ObjectTable
  /// `allowWatchBookmarks`
  var sendsBookmarks: Bool
  /// `sendInitialEvents`: the first bookmark says that the state as it was is complete.
  var marksInitialEnd: Bool

  /// Nil for an event that the client does not want.
  mutating func line(of event: ResourceEvent) -> [UInt8]? {
    switch event {
    case .added(let object): return line("ADDED", encode(object))
    case .modified(let object): return line("MODIFIED", encode(object))
    case .deleted(let object): return line("DELETED", encode(object))
    case .bookmark(let version):
      guard sendsBookmarks || marksInitialEnd else { return nil }
      defer { marksInitialEnd = false }
      return line("BOOKMARK", bookmark(version))
    }
  }

  /// The last line of a watch that failed.
  func line(of error: StatusError) -> [UInt8] { line("ERROR", error.json) }

  private func line(_ type: String, _ object: JSON) -> [UInt8] {
    let event: JSON = ["type": .string(type), "object": object]
    return event.serialised() + [0x0A]
  }

  private func encode(_ stored: Resource) -> JSON {
    var object = stored
    object.apiVersion = type.apiVersion
    return switch form {
    case .object: object.json
    case .partialObject: PartialObject.json(of: object.json)
    case .table: table.table(of: [object], metadata: ["resourceVersion": .string(object.metadata.resourceVersion)], now: .now)
    }
  }

  private func bookmark(_ version: String) -> JSON {
    var metadata: JSONObject = ["resourceVersion": .string(version), "creationTimestamp": .null]
    if marksInitialEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    switch form {
    case .object: return ["kind": .string(type.kind), "apiVersion": .string(type.apiVersion), "metadata": .object(metadata)]
    case .partialObject: return PartialObject.json(of: ["metadata": .object(metadata)])
    case .table: return table.table(of: [], metadata: .object(metadata), now: .now)
    }
  }
}
