public import RopewalkCore

extension Resource {
  /// The document in the order of the envelope: `apiVersion`, `kind`, `metadata`, and the rest as it was written.
  public var json: JSON {
    var object = JSONObject()
    object.append(key: "apiVersion", value: .string(apiVersion))
    object.append(key: "kind", value: .string(kind))
    object.append(key: "metadata", value: .object(metadata.json))
    for member in fields.members { object.append(key: member.key, value: member.value) }
    return .object(object)
  }

  /// Reads a document. The envelope must have the right types; whether the values are within the rules, the client decides.
  /// - Throws: `resource.malformed` with the field.
  public init(json: JSON) throws(RopewalkError) {
    guard case .object(let object) = json else {
      throw RopewalkError(.resourceMalformed, "an object is a map with apiVersion, kind and metadata; found \(json.typeName)")
    }
    var reader = EnvelopeReader(object, path: "")
    let apiVersion = try reader.text("apiVersion")
    let kind = try reader.text("kind")
    let metadata = try reader.map("metadata")
    guard !kind.isEmpty else { throw RopewalkError(.resourceMalformed, "Object 'Kind' is missing: add kind: and apiVersion:") }
    guard !apiVersion.isEmpty else {
      throw RopewalkError(.resourceMalformed, "apiVersion: missing; add it, such as apiVersion: ropewalk.dev/v1")
    }
    self.init(
      apiVersion: apiVersion,
      kind: kind,
      metadata: try ResourceMetadata(json: metadata ?? JSONObject()),
      fields: reader.rest
    )
  }

  /// - Throws: `resource.malformed` with line and column.
  package init(parsing bytes: [UInt8]) throws(RopewalkError) {
    let json: JSON
    do {
      json = try JSON.parse(bytes)
    } catch {
      throw RopewalkError(.resourceMalformed, "\(error)")
    }
    try self.init(json: json)
  }
}

extension ResourceMetadata {
  /// The envelope's `metadata`; what is not set is left out.
  public var json: JSONObject {
    var object = JSONObject()
    func add(_ key: String, _ text: String) { if !text.isEmpty { object.append(key: key, value: .string(text)) } }
    add("name", name)
    add("generateName", generateName)
    add("namespace", namespace)
    add("uid", uid)
    add("resourceVersion", resourceVersion)
    if generation != 0 { object.append(key: "generation", value: .number(JSONNumber(generation))) }
    if let creationTimestamp { add("creationTimestamp", creationTimestamp.rfc3339Seconds) }
    if let deletionTimestamp { add("deletionTimestamp", deletionTimestamp.rfc3339Seconds) }
    if let deletionGracePeriodSeconds {
      object.append(key: "deletionGracePeriodSeconds", value: .number(JSONNumber(deletionGracePeriodSeconds)))
    }
    for (key, map) in [("labels", labels), ("annotations", annotations)] where !map.isEmpty {
      let members = map.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: .string($0.value)) }
      object.append(key: key, value: .object(JSONObject(members)))
    }
    if !ownerReferences.isEmpty { object.append(key: "ownerReferences", value: .array(ownerReferences.map(\.json))) }
    if !finalizers.isEmpty { object.append(key: "finalizers", value: .array(finalizers.map { .string($0) })) }
    for member in others.members { object.append(key: member.key, value: member.value) }
    return object
  }

  /// - Throws: `resource.malformed` with the field.
  public init(json: JSONObject) throws(RopewalkError) {
    var reader = EnvelopeReader(json, path: "metadata.")
    self.init(
      name: try reader.text("name"),
      generateName: try reader.text("generateName"),
      namespace: try reader.text("namespace"),
      uid: try reader.text("uid"),
      resourceVersion: try reader.text("resourceVersion"),
      generation: try reader.integer("generation") ?? 0,
      creationTimestamp: try reader.time("creationTimestamp"),
      deletionTimestamp: try reader.time("deletionTimestamp"),
      deletionGracePeriodSeconds: try reader.integer("deletionGracePeriodSeconds"),
      labels: try reader.texts("labels"),
      annotations: try reader.texts("annotations"),
      ownerReferences: try reader.owners("ownerReferences"),
      finalizers: try reader.list("finalizers"),
      others: reader.rest
    )
  }
}

extension OwnerReference {
  var json: JSON {
    var object: JSONObject = ["apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid)]
    if controller { object.append(key: "controller", value: true) }
    if blockOwnerDeletion { object.append(key: "blockOwnerDeletion", value: true) }
    return .object(object)
  }
}

/// Takes the known fields out of a map, one by one; what is left are the others. `null` counts as not set.
private struct EnvelopeReader {
  private(set) var rest: JSONObject
  private let path: String

  init(_ object: JSONObject, path: String) {
    self.rest = object
    self.path = path
  }

  private mutating func take(_ key: String) -> JSON? {
    guard let value = rest[key] else { return nil }
    rest[key] = nil
    return value == .null ? nil : value
  }

  private func wrong(_ key: String, _ value: JSON, _ expected: String) -> RopewalkError {
    RopewalkError(.resourceMalformed, "\(path)\(key): found \(value.typeName) where \(expected) should be")
  }

  mutating func text(_ key: String) throws(RopewalkError) -> String {
    guard let value = take(key) else { return "" }
    guard case .string(let text) = value else { throw wrong(key, value, "a string") }
    return text
  }

  mutating func integer(_ key: String) throws(RopewalkError) -> Int? {
    guard let value = take(key) else { return nil }
    guard let number = value.int else { throw wrong(key, value, "an integer") }
    return number
  }

  mutating func flag(_ key: String) throws(RopewalkError) -> Bool {
    guard let value = take(key) else { return false }
    guard let flag = value.bool else { throw wrong(key, value, "true or false") }
    return flag
  }

  mutating func time(_ key: String) throws(RopewalkError) -> Timestamp? {
    guard let value = take(key) else { return nil }
    guard case .string(let text) = value, let time = Timestamp(rfc3339: text) else {
      throw wrong(key, value, "a time as in RFC 3339, such as 2026-11-21T10:15:30Z,")
    }
    return time
  }

  mutating func map(_ key: String) throws(RopewalkError) -> JSONObject? {
    guard let value = take(key) else { return nil }
    guard case .object(let object) = value else { throw wrong(key, value, "a map") }
    return object
  }

  mutating func texts(_ key: String) throws(RopewalkError) -> [String: String] {
    guard let object = try map(key) else { return [:] }
    var texts: [String: String] = [:]
    texts.reserveCapacity(object.count)
    for member in object.members {
      guard case .string(let text) = member.value else { throw wrong("\(key).\(member.key)", member.value, "a string (quote it)") }
      texts[member.key] = text
    }
    return texts
  }

  mutating func list(_ key: String) throws(RopewalkError) -> [String] {
    guard let value = take(key) else { return [] }
    guard case .array(let items) = value else { throw wrong(key, value, "a list of strings") }
    var texts: [String] = []
    for (index, item) in items.enumerated() {
      guard case .string(let text) = item else { throw wrong("\(key)[\(index)]", item, "a string") }
      texts.append(text)
    }
    return texts
  }

  mutating func owners(_ key: String) throws(RopewalkError) -> [OwnerReference] {
    guard let value = take(key) else { return [] }
    guard case .array(let items) = value else { throw wrong(key, value, "a list of owners") }
    var owners: [OwnerReference] = []
    for (index, item) in items.enumerated() {
      guard case .object(let object) = item else { throw wrong("\(key)[\(index)]", item, "an owner") }
      var reader = EnvelopeReader(object, path: "\(path)\(key)[\(index)].")
      owners.append(
        OwnerReference(
          apiVersion: try reader.text("apiVersion"),
          kind: try reader.text("kind"),
          name: try reader.text("name"),
          uid: try reader.text("uid"),
          controller: try reader.flag("controller"),
          blockOwnerDeletion: try reader.flag("blockOwnerDeletion")
        )
      )
    }
    return owners
  }
}
