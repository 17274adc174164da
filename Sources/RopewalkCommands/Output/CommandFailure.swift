import ArgumentParser
import RopewalkCore

/// Says what went wrong, and ends with the exit code that the table in ``ErrorCode/Kind`` gives it.
/// - Parameter format: how the command writes its result; a program reads its failure as a ``CommandFailure``, a person as text.
func reportingFailures(as format: OutputFormat = .text, _ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as ExitCode {
    throw error
  } catch is CancellationError {
    throw ExitCode(130)
  } catch let error where format != .text {
    throw CommandFailure(error).told()
  } catch let error as DiagnosticsError {
    Console.note(error.description)
    let count = error.diagnostics.count { $0.severity == .error }
    Console.note(count == 1 ? "1 error" : "\(count) errors")
    throw ExitCode(error.kind.exitCode)
  } catch let error as RopewalkError {
    Console.note("error: \(error)")
    throw ExitCode(error.code.kind.exitCode)
  }
}

/// What ended a command, as programs read it: `{"exitCode": …, "diagnostics": […]}`, the diagnostics as those of `validate`, with
/// the `code` and the `cause` of an error that has them.
struct CommandFailure {
  private let exitCode: Int32
  private let diagnostics: [JSON]

  init(_ error: any Error) {
    switch error {
    case let error as DiagnosticsError:
      exitCode = error.kind.exitCode
      diagnostics = error.diagnostics.map(\.json)
    case let error as RopewalkError:
      exitCode = error.code.kind.exitCode
      diagnostics = [error.json]
    default:
      exitCode = RopewalkCommand.exitCode(for: error).rawValue
      diagnostics = [Diagnostic(.error, RopewalkCommand.message(for: error)).json]
    }
  }

  /// Writes it to standard error, where it is the last line: one line of JSON, which YAML reads too.
  /// - Returns: what the command ends with.
  func told() -> ExitCode {
    let report: JSON = ["exitCode": .number(JSONNumber(Int(exitCode))), "diagnostics": .array(diagnostics)]
    Console.note(report.text())
    return ExitCode(exitCode)
  }
}

extension RopewalkError {
  fileprivate var json: JSON {
    var object = Diagnostic(at: place, message).json.object ?? JSONObject()
    object["code"] = .string(code.name)
    if let cause { object["cause"] = .string("\(cause)") }
    return .object(object)
  }
}
