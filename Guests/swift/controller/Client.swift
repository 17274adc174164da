import RopewalkABI

/// Why a request to the objects was not done.
struct Refusal: Error {
  /// Such as `resource.notFound` or `client.denied`.
  var code: String
  var message: String

  var isNotFound: Bool { code == "resource.notFound" }
  var isConflict: Bool { code == "resource.conflict" }
}

extension Rejection {
  /// A rejection for the refusal's reason.
  init(_ refusal: Refusal) {
    self.init("", "\(refusal.message) [\(refusal.code)]", isRecoverable: true)
  }
}

/// The way to objects, as far as the controller is granted. A reference is
/// `{"apiVersion", "kind", "namespace", "name"}`.
enum Client {
  static func get(_ reference: JSON) throws(Refusal) -> JSON { try request("get", reference)["object"] }

  /// `items`, and `continue` where there are more.
  static func list(_ query: JSON) throws(Refusal) -> JSON { try request("list", query) }
  static func create(_ object: JSON) throws(Refusal) -> JSON { try write("create", object) }

  /// Writes everything but `status`.
  static func update(_ object: JSON) throws(Refusal) -> JSON { try write("update", object) }

  /// Writes `status` alone.
  static func updateStatus(_ object: JSON) throws(Refusal) -> JSON { try write("status", object) }

  /// Merges a patch (RFC 7386) into everything but `status`.
  static func patch(_ reference: JSON, _ patch: JSON) throws(Refusal) -> JSON {
    var reference = reference
    reference["patch"] = patch
    return try request("patch", reference)["object"]
  }

  static func delete(_ reference: JSON) throws(Refusal) { _ = try request("delete", reference) }

  /// Writes down what happened to an object; the kind is `Normal` or `Warning`.
  static func event(about reference: JSON, _ kind: String, reason: String, _ message: String) throws(Refusal) {
    _ = try request(
      "event",
      .object([("about", reference), ("type", .string(kind)), ("reason", .string(reason)), ("message", .string(message))])
    )
  }

  private static func write(_ verb: String, _ object: JSON) throws(Refusal) -> JSON {
    try request(verb, .object([("object", object)]))["object"]
  }

  private static func request(_ verb: String, _ request: JSON) throws(Refusal) -> JSON {
    var request = request
    request["verb"] = .string(verb)
    let bytes = request.serialised()
    let status = bytes.withUnsafeBytes { rw_client($0.baseAddress?.assumingMemoryBound(to: CChar.self), UInt32($0.count)) }
    if status < 0, status != RW_ERROR.rawValue {
      throw Refusal(code: "client.failed", message: "the request or its answer is larger than the controller may have")
    }
    let length = Int(rw_result_read(nil, 0))
    let result = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      _ = rw_result_read(buffer.baseAddress, UInt32(length))
      count = length
    }
    guard let answer = JSON(parsing: result) else { throw Refusal(code: "client.failed", message: "the host's answer is no JSON") }
    guard status >= 0 else { throw Refusal(code: answer["code"].text, message: answer["message"].text) }
    return answer
  }
}
