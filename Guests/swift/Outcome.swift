/// What becomes of a message.
enum Outcome {
  /// It goes on unchanged.
  case pass
  /// It ends here, filtered.
  case drop
  /// It goes on with another payload; without a content type, of the one it has.
  case replace([UInt8], contentType: String? = nil)

  /// It goes on with a text as its payload.
  static func replace(_ text: String, contentType: String? = nil) -> Outcome {
    .replace(Array(text.utf8), contentType: contentType)
  }
}

/// Why a step fails a message.
struct Rejection: Error {
  /// The step's own word for it. A code needs `RaiseError`; without it the message fails all the same, with the code
  /// left out.
  var code = ""
  var message: String
  /// Whether the same message may succeed when it comes again.
  var isRecoverable = false

  /// A rejection with a code of the step's own.
  init(_ code: String, _ message: String, isRecoverable: Bool = false) {
    self.code = code
    self.message = message
    self.isRecoverable = isRecoverable
  }

  /// A rejection for the host's reason.
  init(_ error: HostError) {
    message = error.description
  }
}
