/// Gathers an object's members one by one: a key that comes again keeps its place and takes the new value.
///
/// Adding is cheap for the small objects that nearly all are, and stays so for objects of many thousand keys.
package struct JSONObjectBuilder {
  private var members: [JSONObject.Member] = []
  /// One bit for each fingerprint seen: a bit that is not set spares the search.
  private var seen = SIMD8<UInt64>.zero
  private var places: [ExactText: Int] = [:]

  /// Objects smaller than this compare with each key, those smaller than `fingerprintLimit` ask `seen` first, and
  /// larger ones hash.
  private static let comparingLimit = 8
  private static let fingerprintLimit = 192

  package init() {
    members.reserveCapacity(4)
  }

  /// - Returns: false when the key was there already.
  @discardableResult @inline(__always) package mutating func set(_ key: String, to value: consuming JSON) -> Bool {
    guard let place = place(of: key) else {
      members.append(JSONObject.Member(key: key, value: value))
      return true
    }
    members[place].value = value
    return false
  }

  package func finish() -> JSONObject { JSONObject(members) }

  /// Where `key` stands; nil when it is new, and then it is noted for the member that follows.
  @inline(__always) private mutating func place(of key: String) -> Int? {
    if members.count < Self.comparingLimit {
      for index in members.indices where members[index].key.isSameText(as: key) { return index }
      return nil
    }
    return members.count < Self.fingerprintLimit ? fingerprintedPlace(of: key) : hashedPlace(of: key)
  }

  private mutating func fingerprintedPlace(of key: String) -> Int? {
    if members.count == Self.comparingLimit {
      for member in members { note(Self.fingerprint(of: member.key)) }
    }
    let bit = Self.fingerprint(of: key)
    guard seen[bit >> 6] & (1 << UInt64(bit & 63)) != 0 else {
      note(bit)
      return nil
    }
    return members.firstIndex { $0.key.isSameText(as: key) }
  }

  private mutating func note(_ bit: Int) {
    seen[bit >> 6] |= 1 << UInt64(bit & 63)
  }

  private mutating func hashedPlace(of key: String) -> Int? {
    if places.isEmpty {
      for index in members.indices { places[ExactText(members[index].key)] = index }
    }
    if let place = places[ExactText(key)] { return place }
    places[ExactText(key)] = members.count
    return nil
  }

  /// 0 to 511, from the key's bytes.
  private static func fingerprint(of key: consuming String) -> Int {
    key.withUTF8 { bytes in
      var hash = UInt32(truncatingIfNeeded: bytes.count)
      for byte in bytes { hash = (hash ^ UInt32(byte)) &* 0x0100_0193 }
      return Int((hash ^ hash >> 15) & 511)
    }
  }
}
