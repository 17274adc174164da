import RopewalkCore

extension SettingKind where Value == Bool {
  static var flag: SettingKind {
    SettingKind(
      schema: ["type": "boolean"],
      parse: { (json) throws(SettingMistake) in
        guard let flag = json.bool else { throw SettingMistake(message: "must be true or false, not \(json.typeName)") }
        return flag
      },
      encode: { .bool($0) }
    )
  }
}

extension SettingKind where Value == Int {
  static func count(_ range: ClosedRange<Int>) -> SettingKind {
    SettingKind(
      schema: ["type": "integer", "minimum": .number(JSONNumber(range.lowerBound)), "maximum": .number(JSONNumber(range.upperBound))],
      parse: { (json) throws(SettingMistake) in
        guard let count = json.int else { throw SettingMistake(message: "must be a whole number, not \(json.typeName)") }
        guard range.contains(count) else {
          throw SettingMistake(message: "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return count
      },
      encode: { .number(JSONNumber($0)) }
    )
  }
}

extension SettingKind where Value == Double {
  static func rate(_ range: ClosedRange<Double>) -> SettingKind {
    SettingKind(
      schema: ["type": "number"],
      parse: { (json) throws(SettingMistake) in
        guard let rate = json.double else { throw SettingMistake(message: "must be a number, not \(json.typeName)") }
        guard range.contains(rate) else {
          throw SettingMistake(message: "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return rate
      },
      encode: { JSONNumber($0).map(JSON.number) ?? .null }
    )
  }
}

extension SettingKind where Value == Duration {
  /// A number with a unit; `0` needs none.
  static func duration(_ range: ClosedRange<Duration>) -> SettingKind {
    SettingKind(
      schema: ["type": "string", "pattern": "^([0-9.]+(ns|us|µs|ms|s|m|h))+$"],
      parse: { (json) throws(SettingMistake) in
        guard let duration = json.int == 0 ? .zero : json.string.flatMap(Duration.init(parsing:)) else {
          throw SettingMistake(message: "is not a duration", remedy: "write a number with a unit, such as 250ms, 5s or 2m")
        }
        guard range.contains(duration) else {
          throw SettingMistake(message: "must be between \(range.lowerBound.shortText) and \(range.upperBound.shortText)")
        }
        return duration
      },
      encode: { .string($0.shortText) }
    )
  }
}

extension SettingKind where Value == ByteCount {
  static func size(_ range: ClosedRange<ByteCount>) -> SettingKind {
    SettingKind(
      schema: ["type": ["string", "integer"], "pattern": "^[0-9]+(Ki|Mi|Gi|k|M|G|B)?$"],
      parse: { (json) throws(SettingMistake) in
        guard let size = json.string.flatMap(ByteCount.init(parsing:)) ?? json.int.map(ByteCount.init) else {
          throw SettingMistake(message: "is not a size", remedy: "write a number of bytes, or one with a unit, such as 64Ki or 16Mi")
        }
        guard range.contains(size) else {
          throw SettingMistake(message: "must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return size
      },
      encode: { .string($0.description) }
    )
  }
}
