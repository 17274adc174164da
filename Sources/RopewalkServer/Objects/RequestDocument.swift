import RopewalkCore
import RopewalkFunctions
import RopewalkResources

/// The document in the body of a request: JSON, or YAML or protobuf where the client says so.
enum RequestDocument {
  /// - Throws: 400 when it is not valid, or has a key twice and validation is strict; 415 for other media types.
  static func read(_ request: APIRequest, _ validation: FieldValidation, _ warnings: WarningList) throws(StatusError) -> JSON {
    let type = request.contentType.essence
    if type == ProtobufDocument.mediaType { return try ProtobufDocument.read(request.body) }
    if type.hasSuffix("yaml") { return try yaml(request.body) }
    guard type == MediaType.json || type.hasSuffix("+json") else {
      throw .unsupportedMediaType("a body of \(type.prefix(80)) is not read; send \(MediaType.json) or \(MediaType.yaml)")
    }
    return try json(request.body, validation, warnings)
  }

  private static func json(_ body: [UInt8], _ validation: FieldValidation, _ warnings: WarningList) throws(StatusError) -> JSON {
    let value: JSON
    do throws(JSONSyntaxError) {
      value = try JSON.parse(body)
    } catch {
      throw .badRequest("the body is \(error)")
    }
    guard validation != .ignore else { return value }
    for key in DuplicateKeys.find(in: String(decoding: body, as: UTF8.self)) {
      let text = "duplicate field \"\(key.prefix(128))\""
      guard validation == .warn else { throw .badRequest("strict decoding error: \(text)") }
      warnings.add(text)
    }
    return value
  }

  /// A key that is there twice is never right in YAML.
  private static func yaml(_ body: [UInt8]) throws(StatusError) -> JSON {
    do {
      let output = try FunctionLibrary.lookup("yaml-to-json").apply(body)
      return try JSON.parse(output.payload)
    } catch {
      throw .badRequest("the body is not valid YAML: \(error)")
    }
  }
}
