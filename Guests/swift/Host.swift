import RopewalkABI

/// Why the host did not do what it was asked for.
enum HostError: Error {
  /// The step was not granted the capability.
  case denied
  /// A limit of the step is reached.
  case tooLarge
  /// It failed, for this reason.
  case failed(String)

  var description: String {
    switch self {
    case .denied: "the step was not granted the capability"
    case .tooLarge: "a size limit of the step is reached"
    case .failed(let reason): reason
    }
  }
}

/// What a step may ask of the host. Each function says which capability the step must be granted; one that is not used
/// is not imported.
enum Host {
  enum Level: UInt32 {
    case trace = 0
    case debug, info, warning, error
  }

  /// (Log) Writes a line to the host's log under the step's name.
  static func log(_ level: Level, _ text: String) {
    text.withBytes { bytes, length in _ = rw_log(level.rawValue, bytes, length) }
  }

  /// A key of the step's `config.settings`: strings bare, everything else as JSON.
  static func setting(_ key: String) -> String? { try? field(RW_SETTING, key) }

  /// All of `config.settings` as a JSON object.
  static var settings: String { (try? field(RW_SETTINGS)) ?? "{}" }

  /// (Transform) What a built-in function such as `xml-to-json` makes of the input. The options are a JSON object.
  static func transform(_ name: String, _ input: String, options: String = "") throws(HostError) -> String {
    let status = name.withBytes { name, nameLength in
      options.withBytes { options, optionsLength in
        input.withBytes { input, inputLength in
          rw_transform(name, nameLength, options, optionsLength, input, inputLength)
        }
      }
    }
    return try answer(status)
  }

  /// (Validate) Checks JSON against a JSON Schema. Nil where it fits, else the violations as a JSON list of
  /// `{"instance": pointer, "schema": pointer, "message": text}`.
  static func validate(_ json: String, schema: String) throws(HostError) -> String? {
    let status = schema.withBytes { schema, schemaLength in
      json.withBytes { json, jsonLength in rw_validate(schema, schemaLength, json, jsonLength) }
    }
    return status == RW_OK.rawValue ? nil : try answer(status)
  }

  /// (HTTPCall) Makes an HTTP call. The request is JSON: `{"method","url","headers":{…},"body":text}`, or `bodyBase64`;
  /// so is the response: `{"status","headers":{…},"body":text}`, or `bodyBase64` where the body is not UTF-8.
  static func httpCall(_ request: String) throws(HostError) -> String {
    try answer(request.withBytes { bytes, length in rw_http_call(bytes, length) })
  }

  static func field(_ field: rw_field, _ key: String = "") throws(HostError) -> String? {
    let status = key.withBytes { key, length in rw_field(field.rawValue, key, length) }
    return status == RW_NOT_FOUND.rawValue ? nil : try answer(status)
  }

  /// The answer to a call that gave a length or a status.
  private static func answer(_ status: Int32) throws(HostError) -> String {
    switch status {
    case 0...: return result(Int(status))
    case RW_DENIED.rawValue: throw .denied
    case RW_ERROR.rawValue: throw .failed(result(Int(rw_result_read(nil, 0))))
    default: throw .tooLarge
    }
  }

  /// The host's last result.
  private static func result(_ length: Int) -> String {
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      _ = rw_result_read(buffer.baseAddress, UInt32(length))
      count = length
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension String {
  /// Calls a function with the text's bytes and their number.
  func withBytes<Result>(_ body: (UnsafePointer<CChar>?, UInt32) -> Result) -> Result {
    var copy = self
    return copy.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { body($0.baseAddress, UInt32($0.count)) }
    }
  }
}
