import GoPlugin
import RopewalkConnector
import RopewalkCore

/// Why a connector's process did not come up, or did not stay.
struct ConnectorFailure: Error, Sendable, CustomStringConvertible {
  var message: String
  /// What the process printed, the end of it; for the log and for whoever started it by hand.
  var output = ""
  /// Whether starting the same program again cannot help.
  var isForGood = false

  init(_ message: String, isForGood: Bool = false) {
    self.message = message
    self.isForGood = isForGood
  }

  init(_ error: any Error) {
    switch error {
    case let error as ConnectorFailure: self = error
    case let error as RopewalkError:
      self.init(error.message, isForGood: !error.code.kind.isRecoverable)
    case let error as ConnectionError:
      self.init(error.message, isForGood: !error.recoverable)
    case let error as GoPluginError:
      self.init(error.message, isForGood: Self.lasting.contains(error.code))
      output = error.output
    default: self.init("\(error)")
    }
  }

  /// What another start of the same program does not mend.
  private static let lasting: Set<GoPluginError.Code> = [
    .notExecutable, .unexpectedOutput, .malformedHandshake, .unsupportedProtocol, .unsupportedVersion, .insecure, .invalidConfiguration,
  ]

  /// On one line.
  var description: String {
    let shown = output.split(separator: "\n").suffix(5).joined(separator: " | ")
    return shown.isEmpty ? message : "\(message); it printed: \(shown)"
  }
}
