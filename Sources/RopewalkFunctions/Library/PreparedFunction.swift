package import RopewalkCore

/// A function with its options read: ready for any number of messages, from any task.
package struct PreparedFunction: Sendable {
  private let body: @Sendable (FunctionInput) throws(FunctionError) -> FunctionResult

  init(_ body: @escaping @Sendable (FunctionInput) throws(FunctionError) -> FunctionResult) {
    self.body = body
  }

  /// A function of the payload alone.
  static func converter(
    contentType: String,
    _ body: @escaping @Sendable ([UInt8]) throws(FunctionError) -> [UInt8]
  ) -> PreparedFunction {
    PreparedFunction { input throws(FunctionError) in
      .replace(FunctionOutput(payload: try body(input.payload), contentType: contentType))
    }
  }

  /// A function of the payload alone whose work may grow faster than that: it takes steps for it.
  static func countingConverter(
    contentType: String,
    _ body: @escaping @Sendable ([UInt8], inout WorkAllowance) throws(FunctionError) -> [UInt8]
  ) -> PreparedFunction {
    PreparedFunction { input throws(FunctionError) in
      var allowance = input.allowance
      return .replace(FunctionOutput(payload: try body(input.payload, &allowance), contentType: contentType))
    }
  }

  package func apply(_ input: FunctionInput) throws(FunctionError) -> FunctionResult {
    try body(input)
  }
}

/// What a function sees of a message.
package struct FunctionInput: Sendable {
  package var payload: [UInt8]
  package var headers: MessageHeaders
  package var allowance: WorkAllowance

  package init(
    payload: [UInt8],
    headers: MessageHeaders = MessageHeaders(),
    allowance: WorkAllowance? = nil
  ) {
    self.payload = payload
    self.headers = headers
    self.allowance = allowance ?? WorkAllowance(forBytes: payload.count)
  }
}

package struct FunctionOutput: Sendable, Equatable {
  package var payload: [UInt8]
  /// Empty leaves the message's own.
  package var contentType: String

  package init(payload: [UInt8], contentType: String) {
    self.payload = payload
    self.contentType = contentType
  }
}

package enum FunctionResult: Sendable, Equatable {
  case pass
  case drop
  case replace(FunctionOutput)
}
