/// Why an instantiation or a call did not return.
public enum CallError: Error, Sendable, CustomStringConvertible {
  /// The guest, or a host function that it called, stopped. Its instance is best thrown away: what it was doing is half done.
  case trap(Trap)
  /// The call could not be made, such as for a limit of the pool.
  case engine(WasmtimeError)

  public var description: String {
    switch self {
    case .trap(let trap): trap.description
    case .engine(let error): error.description
    }
  }
}
