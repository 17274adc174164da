/// A stable, dotted name for what went wrong, such as `step.timeout`, with the kind that decides how the outside hears of it.
public struct ErrorCode: Sendable, Hashable, CustomStringConvertible {
  public let name: String
  public let kind: Kind

  /// Codes are declared as static members next to the code that throws them.
  public init(_ name: String, _ kind: Kind) {
    self.name = name
    self.kind = kind
  }

  public var description: String { name }

  /// The one table from what happened to HTTP status and exit code.
  public struct Kind: Sendable, Hashable {
    private enum Value { case invalid, notFound, denied, conflict, overloaded, timeout, unavailable, rejected, fault, usage, unbalanced }
    private let value: Value

    /// The user's file, configuration or payload is wrong.
    public static let invalid = Kind(value: .invalid)
    public static let notFound = Kind(value: .notFound)
    /// Not granted to this plugin, customer or caller.
    public static let denied = Kind(value: .denied)
    public static let conflict = Kind(value: .conflict)
    /// A named limit is reached; later may work.
    public static let overloaded = Kind(value: .overloaded)
    public static let timeout = Kind(value: .timeout)
    /// A peer or resource cannot be reached now.
    public static let unavailable = Kind(value: .unavailable)
    /// A plugin or peer looked at the message and said no.
    public static let rejected = Kind(value: .rejected)
    /// Ropewalk's own fault, or a plugin that broke.
    public static let fault = Kind(value: .fault)
    /// The command line is wrong.
    public static let usage = Kind(value: .usage)
    /// The ledger of the delivery law does not add up.
    public static let unbalanced = Kind(value: .unbalanced)

    public var httpStatus: Int {
      switch value {
      case .invalid, .usage: 400
      case .denied: 403
      case .notFound: 404
      case .conflict: 409
      case .rejected: 422
      case .overloaded: 429
      case .fault, .unbalanced: 500
      case .unavailable: 503
      case .timeout: 504
      }
    }

    public var exitCode: Int32 {
      switch value {
      case .fault: 1
      case .usage: 64
      case .invalid: 65
      case .notFound: 66
      case .unavailable: 69
      case .conflict: 73
      case .overloaded, .timeout: 75
      case .rejected: 76
      case .denied: 77
      case .unbalanced: 79
      }
    }

    /// Whether trying the same again later can succeed.
    public var isRecoverable: Bool {
      switch value {
      case .overloaded, .timeout, .unavailable: true
      default: false
      }
    }
  }
}
