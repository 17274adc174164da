import RopewalkCore
import RopewalkFunctions

/// A Secret in its three forms: as it is written (`data`, `stringData`), as it is kept (`sealed`), and as it is shown
/// (`data` with empty values).
enum SealedSecret {
  private static let field = "sealed"
  /// It would hold the values in plain text.
  private static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

  /// What is kept for what is written. A value that is empty stays as it is kept already.
  /// - Parameter stored: nil for a new Secret.
  static func seal(_ written: Resource, over stored: Resource?, with keys: SealingKeys?) throws -> Resource {
    var result = written
    result.metadata.annotations[lastApplied] = nil
    let values = try values(of: written)
    result.fields["data"] = nil
    result.fields["stringData"] = nil
    result.fields[field] = nil
    if result.fields["type"] == nil { result.fields["type"] = "Opaque" }
    let before = stored.map(sealed) ?? JSONObject()
    let keyID = stored?.fields[field]?["key"]?.string
    let kept = values.filter { $0.value.isEmpty && before[$0.key] != nil }.map(\.key)
    guard !values.isEmpty else { return result }
    if kept.count == values.count, let keyID {
      result.fields[field] = form(before.members.filter { kept.contains($0.key) }, keyID: keyID)
      return result
    }
    guard let keys else { throw missingKey(written) }
    var members: [JSONObject.Member] = []
    for (key, value) in values {
      let plain = kept.contains(key) ? try open(key, of: stored, with: keys) : value
      members.append(.init(key: key, value: text(try keys.seal(plain, for: place(key, of: result)))))
    }
    result.fields[field] = form(members, keyID: keys.activeID)
    return result
  }

  /// Encrypted with the key to write with; nil when it is already.
  static func sealedAnew(_ stored: Resource, with keys: SealingKeys) throws -> Resource? {
    let members = sealed(stored).members
    guard !members.isEmpty, stored.fields[field]?["key"]?.string != keys.activeID else { return nil }
    var result = stored
    result.fields[field] = form(
      try members.map { member in
        JSONObject.Member(
          key: member.key,
          value: text(try keys.seal(try open(member.key, of: stored, with: keys), for: place(member.key, of: stored)))
        )
      },
      keyID: keys.activeID
    )
    return result
  }

  /// What a reader sees.
  static func shown(_ stored: Resource) -> Resource {
    var result = stored
    let members = sealed(stored).members
    result.fields[field] = nil
    if !members.isEmpty { result.fields["data"] = .object(JSONObject(members.map { .init(key: $0.key, value: "") })) }
    return result
  }

  /// The values themselves.
  static func values(ofStored stored: Resource, with keys: SealingKeys?) throws -> [String: [UInt8]] {
    guard let keys else { throw missingKey(stored) }
    var values: [String: [UInt8]] = [:]
    for member in sealed(stored).members { values[member.key] = try open(member.key, of: stored, with: keys) }
    return values
  }

  /// What is wrong with a Secret as it is written.
  static func problems(in written: Resource, over stored: Resource?) -> [InvalidField] {
    var problems: [InvalidField] = []
    for field in ["data", "stringData"] {
      for member in written.fields[field]?.object?.members ?? [] where !SecretName.isValid(member.key) {
        problems.append(
          InvalidField("\(field)[\(member.key.prefix(80))]", .invalid, "a key has letters, digits, '-', '_' and '.', at most 253")
        )
      }
    }
    if let type = stored?.fields["type"], let new = written.fields["type"], type != new {
      problems.append(InvalidField("type", .invalid, "field is immutable"))
    }
    let changes = ((try? values(of: written)) ?? []).contains { !$0.value.isEmpty }
    if stored?.fields["immutable"]?.bool == true, changes {
      problems.append(InvalidField("data", .forbidden, "field is immutable when `immutable` is set"))
    }
    return problems
  }

  /// The values that are written, by key; `stringData` goes before `data`.
  private static func values(of written: Resource) throws(RopewalkError) -> [(key: String, value: [UInt8])] {
    var values: [(key: String, value: [UInt8])] = []
    let plain = written.fields["stringData"]?.object ?? JSONObject()
    for member in written.fields["data"]?.object?.members ?? [] where plain[member.key] == nil {
      guard let bytes = Base64.decode(member.value.string ?? "") else {
        throw RopewalkError(.resourceMalformed, "data.\(member.key.prefix(80)): is not base64")
      }
      values.append((member.key, bytes))
    }
    for member in plain.members { values.append((member.key, Array((member.value.string ?? "").utf8))) }
    return values
  }

  private static func open(_ key: String, of stored: Resource?, with keys: SealingKeys) throws -> [UInt8] {
    guard let stored, let text = sealed(stored)[key]?.string, let bytes = Base64.decode(text) else {
      throw RopewalkError(.sealedUnreadable, "the value \(key.prefix(80)) is not kept in the form of this Ropewalk")
    }
    return try keys.open(bytes, keyID: stored.fields[field]?["key"]?.string ?? "", for: place(key, of: stored))
  }

  private static func sealed(_ stored: Resource) -> JSONObject { stored.fields[field]?["values"]?.object ?? JSONObject() }

  private static func form(_ members: [JSONObject.Member], keyID: String) -> JSON {
    .object(["key": .string(keyID), "values": .object(JSONObject(members))])
  }

  private static func text(_ bytes: [UInt8]) -> JSON { .string(Base64.text(bytes)) }

  /// What binds a value to its place, so that nobody can put it elsewhere: the object and the key.
  private static func place(_ key: String, of resource: Resource) -> String {
    "secret \(resource.metadata.namespace)/\(resource.metadata.name) (\(resource.metadata.uid)), key \(key)"
  }

  private static func missingKey(_ resource: Resource) -> RopewalkError {
    RopewalkError(
      .sealingKey,
      "the Secret \(resource.metadata.namespace)/\(resource.metadata.name) needs a key to be encrypted with; set the secret \(SealingKeys.secretName) to 32 bytes in base64"
    )
  }
}
