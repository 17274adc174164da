package import RopewalkCore

/// Why a built-in function did not answer. Never contains the payload, only places in it.
package struct FunctionError: Error, Sendable, Hashable, CustomStringConvertible {
  package var code: ErrorCode
  /// What is wrong, where in the input, and what helps.
  package var message: String
  /// The option that is wrong, as a path of keys; empty where the input is.
  package var option: [String]
  /// Further options, of which any one would do as well.
  package var alternatives: [String]

  package init(_ code: ErrorCode, _ message: String, option: [String] = [], alternatives: [String] = []) {
    self.code = code
    self.message = message
    self.option = option
    self.alternatives = alternatives
  }

  package var description: String { "\(message) [\(code)]" }
}

extension ErrorCode {
  /// There is no built-in function of that name.
  package static let functionUnknown = ErrorCode("function.unknown", .notFound)
  /// An option is unknown, missing or of the wrong type.
  package static let functionOption = ErrorCode("function.option", .invalid)
  /// The input is not what the function takes: not XML, not UTF-8, a row too short.
  package static let functionInput = ErrorCode("function.input", .rejected)
  /// A named limit of the function is reached: nesting, expansion, size.
  package static let functionLimit = ErrorCode("function.limit", .rejected)
}
