import RopewalkCore

extension BuiltInFunction {
  static let upperCase = changingCase("upper-case", .upper, "Writes letters as capitals.")
  static let lowerCase = changingCase("lower-case", .lower, "Writes letters small.")
  static let camelCase = changingCase("camel-case", .camel, "Writes words as `orderNumber`.")
  static let snakeCase = changingCase("snake-case", .snake, "Writes words as `order_number`.")
  static let kebabCase = changingCase("kebab-case", .kebab, "Writes words as `order-number`.")
  static let titleCase = changingCase("title-case", .title, "Writes words as `Order Number`.")

  private static func changingCase(_ name: String, _ wordCase: WordCase, _ summary: String) -> BuiltInFunction {
    BuiltInFunction(
      name,
      summary + " The whole payload as text, or JSON where `fields` or `keys` is given.",
      options: [
        FunctionOption(
          "fields",
          "JSON pointers of the strings to change, such as `/customer/name`; ones that lead nowhere are passed over."
        ),
        FunctionOption("keys", "`true` changes every key of the JSON payload. Default `false`."),
      ]
    ) { options throws(FunctionError) in
      let fields = try options.pointers("fields")
      let changesKeys = try options.bool("keys", default: false)
      guard fields != nil || changesKeys else {
        return PreparedFunction { input throws(FunctionError) in
          let text = wordCase.apply(to: try String.decodeInput(input.payload))
          return .replace(FunctionOutput(payload: Array(text.utf8), contentType: ""))
        }
      }
      return .countingConverter(contentType: ContentType.json) { input, allowance throws(FunctionError) in
        var value = try JSON.parseInput(input)
        for field in fields ?? [] {
          try allowance.countPointer()
          try value.changeString(at: field) { (text) throws(FunctionError) in wordCase.apply(to: text) }
        }
        return (changesKeys ? try value.changingKeys(wordCase) : value).serialised()
      }
    }
  }
}

extension JSON {
  fileprivate func changingKeys(_ wordCase: WordCase) throws(FunctionError) -> JSON {
    switch self {
    case .object(let object):
      var changed = JSONObjectBuilder()
      for member in object.members {
        let key = wordCase.apply(to: member.key)
        guard changed.set(key, to: try member.value.changingKeys(wordCase)) else {
          throw FunctionError(.functionInput, "two keys of one object become '\(key.prefix(64))'")
        }
      }
      return .object(changed.finish())
    case .array(let elements):
      var changed: [JSON] = []
      changed.reserveCapacity(elements.count)
      for element in elements { changed.append(try element.changingKeys(wordCase)) }
      return .array(changed)
    default: return self
    }
  }
}
