import ArgumentParser
import RopewalkCore

/// Says what went wrong as a person reads it, and ends with the exit code that the table in ``ErrorCode/Kind`` gives it.
func reportingFailures(_ body: () async throws -> Void) async throws {
  do {
    try await body()
  } catch let error as ExitCode {
    throw error
  } catch let error as DiagnosticsError {
    Console.note(error.description)
    let count = error.diagnostics.count { $0.severity == .error }
    Console.note(count == 1 ? "1 error" : "\(count) errors")
    throw ExitCode(error.kind.exitCode)
  } catch let error as RopewalkError {
    Console.note("error: \(error)")
    throw ExitCode(error.code.kind.exitCode)
  } catch is CancellationError {
    throw ExitCode(130)
  }
}
