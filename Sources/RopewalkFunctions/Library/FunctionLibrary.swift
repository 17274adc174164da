import RopewalkCore

/// Every built-in function, by name.
package enum FunctionLibrary {
  /// In the order of the guide.
  package static let functions: [BuiltInFunction] = [
    .xmlToJSON, .jsonToXML, .csvToJSON, .jsonToCSV, .yamlToJSON, .jsonToYAML,
    .base64Encode, .base64Decode,
    .upperCase, .lowerCase, .camelCase, .snakeCase, .kebabCase, .titleCase,
    .formatDate, .addDuration,
    .pick, .remove, .rename, .set,
    .filter, .jsonSchema,
  ]

  private static let functionsByName = Dictionary(uniqueKeysWithValues: functions.map { ($0.name, $0) })

  package static var names: [String] { functions.map(\.name) }

  /// - Throws: ``FunctionError`` with code `function.unknown`, naming the nearest function there is.
  package static func lookup(_ name: String) throws(FunctionError) -> BuiltInFunction {
    if let function = functionsByName[name] { return function }
    let remedy = nearestWord(to: name, among: names).map { "did you mean '\($0)'?" } ?? "there are \(names.joined(separator: ", "))"
    throw FunctionError(.functionUnknown, "there is no built-in function '\(name)'; \(remedy)")
  }
}
