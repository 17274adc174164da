import RopewalkCore

/// A refusal as Kubernetes' clients understand it: the object `Status` of `v1`.
struct StatusError: Error, Sendable, Hashable {
  struct Cause: Sendable, Hashable {
    /// `FieldValueInvalid`, `FieldValueRequired`, …
    var reason: String
    var message: String
    /// `spec.steps[0].timeout`; empty when no one field is meant.
    var field: String
  }

  /// The HTTP status.
  var code: Int
  /// `NotFound`, `Conflict`, …
  var reason: String
  var message: String
  /// Which object: name, group, kind (or plural), where one is meant.
  var name = ""
  var group = ""
  var kind = ""
  var causes: [Cause] = []
  /// Seconds after which trying again may work.
  var retryAfter: Int?

  init(_ code: Int, _ reason: String, _ message: String) {
    self.code = code
    self.reason = reason
    self.message = message
  }

  var json: JSON {
    var status: JSONObject = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
      "message": .string(message), "reason": .string(reason),
    ]
    if !details.isEmpty { status["details"] = .object(details) }
    status["code"] = .number(JSONNumber(code))
    return .object(status)
  }

  private var details: JSONObject {
    var details = JSONObject()
    if !name.isEmpty { details["name"] = .string(name) }
    if !group.isEmpty { details["group"] = .string(group) }
    if !kind.isEmpty { details["kind"] = .string(kind) }
    if !causes.isEmpty {
      details["causes"] = .array(
        causes.map { ["reason": .string($0.reason), "message": .string($0.message), "field": .string($0.field)] }
      )
    }
    if let retryAfter { details["retryAfterSeconds"] = .number(JSONNumber(retryAfter)) }
    return details
  }
}

extension StatusError {
  static func badRequest(_ message: String) -> StatusError { StatusError(400, "BadRequest", message) }
  static func unsupportedMediaType(_ message: String) -> StatusError { StatusError(415, "UnsupportedMediaType", message) }
  static func notAcceptable(_ message: String) -> StatusError { StatusError(406, "NotAcceptable", message) }
  static func expired(_ message: String) -> StatusError { StatusError(410, "Expired", message) }
  static func tooLarge(_ message: String) -> StatusError { StatusError(413, "RequestEntityTooLarge", message) }

  static let unauthorized = StatusError(
    401,
    "Unauthorized",
    "who asks is not known: send a bearer token or a client certificate; 'ropewalk token create' makes one"
  )

  static let noSuchPath = StatusError(404, "NotFound", "the server could not find the requested resource")

  static func methodNotAllowed(_ method: String) -> StatusError {
    StatusError(405, "MethodNotAllowed", "\(method) is not allowed here")
  }

  static func timeout(_ seconds: Int) -> StatusError {
    StatusError(504, "Timeout", "the request was not done within \(seconds) s")
  }

  static func tooManyRequests(_ message: String, retryAfter: Int = 1) -> StatusError {
    var error = StatusError(429, "TooManyRequests", message)
    error.retryAfter = retryAfter
    return error
  }
}
