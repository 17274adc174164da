public import RopewalkCore
import RopewalkFunctions

/// Applies a function to text, as a guest would.
func apply(_ name: String, _ input: String, _ options: JSONObject = [:]) throws(FunctionError) -> String {
  String(decoding: try FunctionLibrary.lookup(name).apply(Array(input.utf8), options: options).payload, as: UTF8.self)
}

extension JSON: ExpressibleByFloatLiteral {
  public init(floatLiteral value: Double) { self = JSONNumber(value).map(JSON.number) ?? .null }
}
