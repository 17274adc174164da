import RopewalkCore
import RopewalkFunctions
import RopewalkResources

/// How a message of Kubernetes' API is written in Protocol Buffers: the names of its numbers, from the `generated.proto`s.
///
/// `kubectl` sends the kinds that it was compiled with in this form and does not fall back to JSON. These are the ones that
/// are served here; everything else comes as JSON.
indirect enum ProtobufMessage: Sendable {
  case message([Int: Field])
  /// `Time`: seconds and nanoseconds.
  case time

  enum Field: Sendable {
    case text(String)
    case texts(String)
    case integer(String)
    case flag(String)
    /// String to string.
    case map(String)
    /// String to bytes, which JSON has in base64.
    case byteMap(String)
    case one(String, ProtobufMessage)
    case many(String, ProtobufMessage)
  }

  static func ofKind(_ kind: String) -> ProtobufMessage? {
    switch kind {
    case "Namespace":
      .message([
        1: .one("metadata", metadata), 2: .one("spec", .message([1: .texts("finalizers")])),
        3: .one("status", .message([1: .text("phase")])),
      ])
    case "Secret":
      .message([
        1: .one("metadata", metadata), 2: .byteMap("data"), 3: .text("type"), 4: .map("stringData"), 5: .flag("immutable"),
      ])
    case "Role", "ClusterRole": .message([1: .one("metadata", metadata), 2: .many("rules", rule)])
    case "RoleBinding", "ClusterRoleBinding":
      .message([1: .one("metadata", metadata), 2: .many("subjects", subject), 3: .one("roleRef", roleReference)])
    case "SelfSubjectReview": .message([1: .one("metadata", metadata)])
    case "SelfSubjectAccessReview", "SubjectAccessReview": .message([1: .one("metadata", metadata), 2: .one("spec", access)])
    case "SelfSubjectRulesReview": .message([1: .one("metadata", metadata), 2: .one("spec", .message([1: .text("namespace")]))])
    case "DeleteOptions":
      .message([
        1: .integer("gracePeriodSeconds"), 2: .one("preconditions", .message([1: .text("uid"), 2: .text("resourceVersion")])),
        3: .flag("orphanDependents"), 4: .text("propagationPolicy"), 5: .texts("dryRun"),
      ])
    default: nil
    }
  }

  private static let metadata = ProtobufMessage.message([
    1: .text("name"), 2: .text("generateName"), 3: .text("namespace"), 5: .text("uid"), 6: .text("resourceVersion"),
    7: .integer("generation"), 8: .one("creationTimestamp", .time), 9: .one("deletionTimestamp", .time),
    10: .integer("deletionGracePeriodSeconds"), 11: .map("labels"), 12: .map("annotations"), 13: .many("ownerReferences", owner),
    14: .texts("finalizers"),
  ])
  private static let owner = ProtobufMessage.message([
    1: .text("kind"), 3: .text("name"), 4: .text("uid"), 5: .text("apiVersion"), 6: .flag("controller"), 7: .flag("blockOwnerDeletion"),
  ])
  private static let rule = ProtobufMessage.message([
    1: .texts("verbs"), 2: .texts("apiGroups"), 3: .texts("resources"), 4: .texts("resourceNames"), 5: .texts("nonResourceURLs"),
  ])
  private static let subject = ProtobufMessage.message([
    1: .text("kind"), 2: .text("apiGroup"), 3: .text("name"), 4: .text("namespace"),
  ])
  private static let roleReference = ProtobufMessage.message([1: .text("apiGroup"), 2: .text("kind"), 3: .text("name")])
  private static let access = ProtobufMessage.message([
    1: .one(
      "resourceAttributes",
      .message([
        1: .text("namespace"), 2: .text("verb"), 3: .text("group"), 4: .text("version"), 5: .text("resource"), 6: .text("subresource"),
        7: .text("name"),
      ])
    ), 2: .one("nonResourceAttributes", .message([1: .text("path"), 2: .text("verb")])), 3: .text("user"), 4: .texts("groups"),
  ])
}

extension ProtobufMessage {
  /// The message as JSON. Empty texts, zeros and empty messages are what Protocol Buffers writes for nothing, and left out.
  func json(_ bytes: ArraySlice<UInt8>) throws(ProtobufFields.Malformed) -> JSON {
    switch self {
    case .time: return try Self.time(bytes)
    case .message(let fields):
      var object = JSONObject()
      var reader = ProtobufFields(bytes)
      while let (number, value) = try reader.next() {
        guard let field = fields[number] else { continue }
        try field.add(value, to: &object)
      }
      return .object(object)
    }
  }

  private static func time(_ bytes: ArraySlice<UInt8>) throws(ProtobufFields.Malformed) -> JSON {
    var reader = ProtobufFields(bytes)
    var seconds: Int64 = 0
    while let (number, value) = try reader.next() {
      if number == 1, case .number(let bits) = value { seconds = Int64(bitPattern: bits) }
    }
    let (nanoseconds, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard seconds > 0, !isTooLarge else { return .null }
    return .string(Timestamp(nanoseconds: nanoseconds).rfc3339Seconds)
  }
}

extension ProtobufMessage.Field {
  fileprivate func add(_ value: ProtobufFields.Value, to object: inout JSONObject) throws(ProtobufFields.Malformed) {
    switch (self, value) {
    case (.text(let name), .bytes(let bytes)):
      if !bytes.isEmpty { object[name] = .string(try Self.text(bytes)) }
    case (.texts(let name), .bytes(let bytes)): object[name] = .array((object[name]?.array ?? []) + [.string(try Self.text(bytes))])
    case (.integer(let name), .number(let bits)):
      if bits != 0 { object[name] = .number(JSONNumber(Int(truncatingIfNeeded: bits))) }
    case (.flag(let name), .number(let bits)): object[name] = .bool(bits != 0)
    case (.map(let name), .bytes(let bytes)):
      let entry = try ProtobufMessage.message([1: .text("key"), 2: .text("value")]).json(bytes)
      Self.add(entry["value"] ?? "", to: name, under: entry["key"]?.string ?? "", in: &object)
    case (.byteMap(let name), .bytes(let bytes)):
      let (key, value) = try Self.entry(bytes)
      let text = String(decoding: Base64.encode(Array(value)), as: UTF8.self)
      Self.add(.string(text), to: name, under: key, in: &object)
    case (.one(let name, let message), .bytes(let bytes)):
      let json = try message.json(bytes)
      if json != .null, json != [:] || name == "spec" { object[name] = json }
    case (.many(let name, let message), .bytes(let bytes)):
      object[name] = .array((object[name]?.array ?? []) + [try message.json(bytes)])
    default: throw ProtobufFields.Malformed()
    }
  }

  private static func add(_ value: JSON, to name: String, under key: String, in object: inout JSONObject) {
    var map = object[name]?.object ?? JSONObject()
    map[key] = value
    object[name] = .object(map)
  }

  private static func entry(_ bytes: ArraySlice<UInt8>) throws(ProtobufFields.Malformed) -> (key: String, value: ArraySlice<UInt8>) {
    var reader = ProtobufFields(bytes)
    var key = ""
    var content: ArraySlice<UInt8> = []
    while let (number, value) = try reader.next() {
      guard case .bytes(let bytes) = value else { continue }
      if number == 1 { key = try text(bytes) } else if number == 2 { content = bytes }
    }
    return (key, content)
  }

  private static func text(_ bytes: ArraySlice<UInt8>) throws(ProtobufFields.Malformed) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw ProtobufFields.Malformed() }
    return text
  }
}
