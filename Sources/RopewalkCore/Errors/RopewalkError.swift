/// The one shape of error: a stable code, a message that says what to do, and what caused it.
///
/// Messages never contain payloads or secrets.
public struct RopewalkError: Error, Sendable, CustomStringConvertible {
  public var code: ErrorCode
  /// What went wrong and what helps, in plain words.
  public var message: String
  public var place: SourceMark?
  public var cause: (any Error)?

  public init(_ code: ErrorCode, _ message: String, place: SourceMark? = nil, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.place = place
    self.cause = cause
  }

  public var description: String {
    var text = place.map { "\($0): " } ?? ""
    text += "\(message) [\(code)]"
    if let cause { text += " (caused by: \(cause))" }
    return text
  }
}
