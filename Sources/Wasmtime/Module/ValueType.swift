/// The type of one value. Functions whose signatures hold other than the four numbers can be neither called nor defined.
public enum ValueType: Sendable, Hashable, CustomStringConvertible {
  case i32, i64, f32, f64, v128, funcref, externref

  public var description: String {
    switch self {
    case .i32: "i32"
    case .i64: "i64"
    case .f32: "f32"
    case .f64: "f64"
    case .v128: "v128"
    case .funcref: "funcref"
    case .externref: "externref"
    }
  }
}

/// What a function takes and gives.
public struct FunctionType: Sendable, Hashable, CustomStringConvertible {
  public var parameters: [ValueType]
  public var results: [ValueType]

  public init(_ parameters: [ValueType] = [], _ results: [ValueType] = []) {
    self.parameters = parameters
    self.results = results
  }

  /// `(i32, i32) -> (i64)`
  public var description: String {
    "(\(parameters.map(\.description).joined(separator: ", "))) -> (\(results.map(\.description).joined(separator: ", ")))"
  }
}
