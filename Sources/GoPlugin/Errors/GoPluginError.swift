/// Why a plugin could not be started, reached or served.
public struct GoPluginError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure it is. New ones may be added.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String {
      case notExecutable, startTimedOut, exitedEarly, unexpectedOutput, malformedHandshake, unsupportedProtocol
      case unsupportedVersion, insecure, connectionFailed, unhealthy, brokerTimedOut, brokerClosed, brokerFull
      case notRunning, notStartedByHost, invalidConfiguration, systemCallFailed, malformedMessage
    }

    private let value: Value

    /// The binary is missing, not executable, of another architecture, or a script without its interpreter.
    public static let notExecutable = Code(value: .notExecutable)
    /// No handshake line came in time.
    public static let startTimedOut = Code(value: .startTimedOut)
    /// The plugin ended before its handshake.
    public static let exitedEarly = Code(value: .exitedEarly)
    /// Something other than a handshake line came first on standard output.
    public static let unexpectedOutput = Code(value: .unexpectedOutput)
    /// The first line looks like a handshake, and a field of it is wrong.
    public static let malformedHandshake = Code(value: .malformedHandshake)
    /// The plugin speaks a core protocol or a transport (`netrpc`) that this library does not.
    public static let unsupportedProtocol = Code(value: .unsupportedProtocol)
    /// Host and plugin have no protocol version in common.
    public static let unsupportedVersion = Code(value: .unsupportedVersion)
    /// Mutual TLS was asked for and the other side does not do it.
    public static let insecure = Code(value: .insecure)
    /// The plugin's socket does not take a connection.
    public static let connectionFailed = Code(value: .connectionFailed)
    /// The health service answers that the plugin does not serve.
    public static let unhealthy = Code(value: .unhealthy)
    /// The other side did not offer the awaited connection in time.
    public static let brokerTimedOut = Code(value: .brokerTimedOut)
    /// The broker's stream has ended, and the connections with it.
    public static let brokerClosed = Code(value: .brokerClosed)
    /// The other side offered more connections than anyone awaits.
    public static let brokerFull = Code(value: .brokerFull)
    /// No process has this number, or another one than the one meant.
    public static let notRunning = Code(value: .notRunning)
    /// The program is a plugin and was not started by its host.
    public static let notStartedByHost = Code(value: .notStartedByHost)
    /// A value of the configuration, or of the environment, cannot be used.
    public static let invalidConfiguration = Code(value: .invalidConfiguration)
    /// The operating system refused something.
    public static let systemCallFailed = Code(value: .systemCallFailed)
    /// A message of the protocol cannot be decoded.
    public static let malformedMessage = Code(value: .malformedMessage)

    public var description: String { value.rawValue }
  }

  public var code: Code
  /// What happened and what to do about it, in one sentence or two.
  public var message: String
  /// What the plugin printed until then, the end of it where it was long; empty where it does not matter.
  public var output: String

  public init(_ code: Code, _ message: String, output: String = "") {
    self.code = code
    self.message = message
    self.output = output
  }

  public var description: String {
    output.isEmpty ? "\(code): \(message)" : "\(code): \(message)\n\(output)"
  }
}
