/// How a plugin's process ended.
public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
  case exited(code: Int)
  case signalled(Int)
  /// Nobody but its parent is told how a process ended, and this one had another parent.
  case unknown

  public var description: String {
    switch self {
    case .exited(let code): "exited with code \(code)"
    case .signalled(let signal): "was ended by signal \(signal)"
    case .unknown: "ended"
    }
  }
}
