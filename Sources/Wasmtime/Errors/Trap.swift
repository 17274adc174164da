/// How a guest's call ended when it did not end well.
public struct Trap: Error, Sendable, CustomStringConvertible {
  /// What stopped the guest; the first ten are those of the WebAssembly specification and of Wasmtime.
  public enum Kind: Sendable, Hashable {
    case unreachable
    case memoryOutOfBounds
    case tableOutOfBounds
    case indirectCallToNull
    case badSignature
    case integerOverflow
    case integerDivisionByZero
    case badConversionToInteger
    case stackOverflow
    /// The epoch deadline passed, or the host asked for it.
    case interrupt
    /// A host function threw; `hostError` is what it threw.
    case host
    /// Wasmtime's code of a trap that modules of this engine's features do not make.
    case other(UInt8)
  }

  public var kind: Kind
  public var message: String
  /// The guest's frames, the innermost first; empty where there is none.
  public var backtrace: [Frame]
  /// What the host function threw, when the kind is `host`.
  public var hostError: (any Error)?

  public init(_ kind: Kind, _ message: String, backtrace: [Frame] = [], hostError: (any Error)? = nil) {
    self.kind = kind
    self.message = message
    self.backtrace = backtrace
    self.hostError = hostError
  }

  public var description: String {
    message + backtrace.map { "\n    at \($0)" }.joined()
  }
}

extension Trap {
  /// One function of a guest's call stack.
  public struct Frame: Sendable, Hashable, CustomStringConvertible {
    /// From the module's name section; nil where it has none.
    public var functionName: String?
    public var functionIndex: UInt32
    public var moduleName: String?
    /// Bytes from the start of the function's code.
    public var functionOffset: Int?
    /// Bytes from the start of the module, as tools such as `wasm-objdump` count them.
    public var moduleOffset: Int?

    public var description: String {
      let function = functionName ?? "function[\(functionIndex)]"
      let offset = moduleOffset.map { "+0x" + String($0, radix: 16) } ?? ""
      return (moduleName.map { "\($0)!" } ?? "") + function + offset
    }
  }
}
