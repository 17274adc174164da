import RopewalkCore

extension BuiltInFunction {
  static let yamlToJSON = BuiltInFunction(
    "yaml-to-json",
    "Turns one YAML 1.2 document into JSON."
  ) { _ throws(FunctionError) in
    .converter(contentType: ContentType.json) { input throws(FunctionError) in
      try YAMLToJSON.convert(try String.decodeInput(input)).serialised()
    }
  }

  static let jsonToYAML = BuiltInFunction(
    "json-to-yaml",
    "Turns JSON into block-style YAML."
  ) { _ throws(FunctionError) in
    .countingConverter(contentType: ContentType.yaml) { input, allowance throws(FunctionError) in
      try JSONToYAML.convert(try JSON.parseInput(input), within: &allowance)
    }
  }
}
