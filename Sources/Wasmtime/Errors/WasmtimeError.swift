/// What went wrong outside the guest's own code: a module, a limit, a link, a file.
public struct WasmtimeError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String { case engine, invalidModule, link, limit, noSuchExport, signature, busy, artifact, other }
    private let value: Value

    /// The engine could not be made.
    public static let engine = Code(value: .engine)
    /// The bytes are not a module that this engine accepts.
    public static let invalidModule = Code(value: .invalidModule)
    /// An import is missing or of another type than what was defined for it.
    public static let link = Code(value: .link)
    /// A limit of the store or of the engine's pool is reached.
    public static let limit = Code(value: .limit)
    public static let noSuchExport = Code(value: .noSuchExport)
    /// A function's types are not those that the host can pass or was told.
    public static let signature = Code(value: .signature)
    /// The store has a call under way.
    public static let busy = Code(value: .busy)
    /// A compiled module cannot be read, written or trusted.
    public static let artifact = Code(value: .artifact)
    public static let other = Code(value: .other)

    public var description: String { value.rawValue }
  }

  public var code: Code
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  public var description: String { "\(message) [\(code)]" }
}
