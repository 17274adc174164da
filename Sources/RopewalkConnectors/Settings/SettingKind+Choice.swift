import RopewalkCore

extension SettingKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of a few words.
  static var word: SettingKind {
    let words = Value.allCases.map(\.rawValue)
    return .text(["type": "string", "enum": .array(words.map(JSON.string))], encode: { .string($0.rawValue) }) {
      (text) throws(SettingMistake) in
      guard let value = Value(rawValue: text) else {
        let meant = nearestWord(to: text, among: words).map { "did you mean '\($0)'? " } ?? ""
        throw SettingMistake(message: "is not one of the known words", remedy: "\(meant)known: \(words.joined(separator: ", "))")
      }
      return value
    }
  }
}

extension SettingKind {
  /// A list of values, not empty.
  static func list<Element>(of kind: SettingKind<Element>) -> SettingKind where Value == [Element] {
    SettingKind(
      schema: ["type": "array", "items": .object(kind.schema), "minItems": 1],
      parse: { (json) throws(SettingMistake) in
        guard let array = json.array else { throw SettingMistake(message: "must be a list, not \(json.typeName)") }
        guard !array.isEmpty else { throw SettingMistake(message: "must not be empty") }
        var elements: [Element] = []
        for (index, element) in array.enumerated() {
          do throws(SettingMistake) {
            elements.append(try kind.parse(element))
          } catch {
            throw SettingMistake(message: "entry \(index + 1) \(error.message)", remedy: error.remedy)
          }
        }
        return elements
      },
      encode: { .array($0.map(kind.encode)) }
    )
  }
}

extension SettingKind where Value == MessageHeaders {
  /// Header names with their values, in the order they are written.
  static var headers: SettingKind {
    let name = SettingKind<String>.headerName
    let value = SettingKind<String>.headerValue
    return SettingKind(
      schema: ["type": "object", "additionalProperties": .object(value.schema)],
      parse: { (json) throws(SettingMistake) in
        guard let object = json.object else { throw SettingMistake(message: "must be a map of names and values, not \(json.typeName)") }
        var headers = MessageHeaders()
        for member in object.members {
          do throws(SettingMistake) {
            headers.append(name: try name.parse(.string(member.key)), value: try value.parse(member.value))
          } catch {
            throw SettingMistake(message: "'\(member.key)' \(error.message)", remedy: error.remedy)
          }
        }
        return headers
      },
      encode: { headers in .object(JSONObject(headers.fields.map { .init(key: $0.name, value: .string($0.value)) })) }
    )
  }
}
