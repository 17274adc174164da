package import RopewalkCore
package import RopewalkPlugins

/// A step without WASM: a built-in function at its place in an integration.
///
/// It keeps no state between messages. A function runs to its end at once, in time linear in the payload or within the
/// steps of a ``WorkAllowance``, and bounded by its own named limits; `timeout` does not interrupt it, `maxOutputSize` holds.
package final class FunctionStep: LogicNode {
  private let name: String
  private let function: PreparedFunction
  private let maxOutputSize: ByteCount

  /// - Parameters:
  ///   - name: the function's name, such as `xml-to-json`.
  ///   - settings: the function's options.
  ///   - folder: the integration file's folder, for options that name a file.
  /// - Throws: ``FunctionError`` when the function is unknown or an option is wrong; `option` says which.
  package init(
    function name: String,
    settings: JSONObject = JSONObject(),
    folder: String? = nil,
    limits: LogicLimits = LogicLimits()
  ) throws(FunctionError) {
    self.name = name
    self.function = try FunctionLibrary.lookup(name).prepare(settings, folder: folder)
    self.maxOutputSize = limits.maxOutputSize
  }

  package func process(_ message: Message) async throws(LogicError) -> LogicOutcome {
    let result: FunctionResult
    do {
      result = try function.apply(FunctionInput(payload: message.payload, headers: message.headers))
    } catch {
      throw LogicError(error.code, "\(name): \(error.message)")
    }
    switch result {
    case .pass: return .pass
    case .drop: return .drop
    case .replace(let output):
      guard output.payload.count <= maxOutputSize.bytes else {
        throw LogicError(
          .functionLimit,
          "\(name): the output of \(output.payload.count) bytes is larger than maxOutputSize, \(maxOutputSize)"
        )
      }
      return .replace(payload: output.payload, contentType: output.contentType.isEmpty ? nil : output.contentType)
    }
  }
}
