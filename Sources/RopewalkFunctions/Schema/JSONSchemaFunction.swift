import RopewalkCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension BuiltInFunction {
  static let jsonSchema = BuiltInFunction(
    "json-schema",
    role: .filter,
    "Lets a message pass when its JSON payload fits a JSON Schema (draft 7 or 2020-12).",
    options: [
      FunctionOption("schema", "The schema itself. This or `schemaFile` is required."),
      FunctionOption("schemaFile", "A JSON or YAML file with the schema, relative to the integration file's folder."),
      FunctionOption("onInvalid", "`fail` (default): the message fails, saying what is wrong. `drop`: it is filtered."),
      FunctionOption("formats", "`true` checks `format`, too. Default `false`: it only describes."),
    ]
  ) { options throws(FunctionError) in
    guard options.has("schema") != options.has("schemaFile") else {
      throw options.error("schema", "or 'schemaFile' is required, and only one of them", alternatives: ["schemaFile"])
    }
    let isInline = options.has("schema")
    let drops = try options.choice("onInvalid", of: ["fail", "drop"]) == "drop"
    var schemaOptions = SchemaOptions()
    schemaOptions.assertsFormat = try options.bool("formats", default: false)
    let schema: JSON
    if let inline = options.values["schema"] { schema = inline } else { schema = try schemaFile(options) }
    let validator: SchemaValidator
    do throws(FunctionError) {
      validator = try SchemaValidator(schema: schema, options: schemaOptions)
    } catch {
      throw options.error(isInline ? "schema" : "schemaFile", "is not a usable schema: \(error.message)")
    }
    return PreparedFunction { input throws(FunctionError) in
      let instance = try JSON.parseInput(input.payload)
      if drops { return try validator.isValid(instance) ? .pass : .drop }
      let violations = try validator.validate(instance)
      guard let first = violations.first else { return .pass }
      let shown = violations.prefix(3).map(\.description).joined(separator: "; ")
      let further = violations.count > 3 ? "; and \(violations.count - 3) more" : ""
      throw FunctionError(.schemaViolated, "the payload does not fit the schema: \(first.instance.isEmpty ? "" : "at ")\(shown)\(further)")
    }
  }

  private static func schemaFile(_ options: FunctionOptions) throws(FunctionError) -> JSON {
    let path = try options.required("schemaFile", try options.string("schemaFile"))
    guard path.hasPrefix("/") || options.folder != nil else { throw options.error("schemaFile", "cannot be read here") }
    let absolute = path.hasPrefix("/") ? path : (options.folder ?? "") + "/" + path
    guard let bytes = FileManager.default.contents(atPath: absolute) else {
      throw options.error("schemaFile", "cannot be read: \(absolute)")
    }
    do throws(FunctionError) {
      return path.hasSuffix(".json") ? try JSON.parseInput(Array(bytes)) : try YAMLToJSON.convert(try String.decodeInput(Array(bytes)))
    } catch {
      throw options.error("schemaFile", "is not readable: \(error.message)")
    }
  }
}
