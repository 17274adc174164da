import RopewalkCore

extension BuiltInFunction {
  private static let urlSafeOption = FunctionOption(
    "urlSafe",
    "`true` uses `-` and `_`, written without padding and read with or without. Default `false`."
  )

  static let base64Encode = BuiltInFunction(
    "base64-encode",
    "Writes the payload's bytes as base64.",
    options: [urlSafeOption]
  ) { options throws(FunctionError) in
    let alphabet: Base64.Alphabet = try options.bool("urlSafe", default: false) ? .urlSafe : .standard
    return .converter(contentType: ContentType.text) { input throws(FunctionError) in Base64.encode(input, alphabet: alphabet) }
  }

  static let base64Decode = BuiltInFunction(
    "base64-decode",
    "Reads base64, strictly: no white space, padding where the alphabet asks for it.",
    options: [urlSafeOption, FunctionOption("contentType", "The media type of what comes out. Default `application/octet-stream`.")]
  ) { options throws(FunctionError) in
    let alphabet: Base64.Alphabet = try options.bool("urlSafe", default: false) ? .urlSafe : .standard
    return .converter(contentType: try options.string("contentType") ?? ContentType.binary) { input throws(FunctionError) in
      switch Base64.decode(input, alphabet: alphabet) {
      case .success(let bytes): return bytes
      case .failure(let error): throw FunctionError(.functionInput, "the payload is not valid base64 at byte \(error.offset + 1)")
      }
    }
  }
}
