import Glibc

/// A plugin's process with the reading ends of its output, which go to whoever reads them.
struct StartedProcess: Sendable {
  let process: PluginProcess
  let standardOutput: Int32
  let standardError: Int32

  /// Starts the process. Throws `notExecutable`, `systemCallFailed`, or what its enclosure throws; then nothing is left
  /// behind.
  init(_ configuration: PluginConfiguration, directory: PrivateDirectory, identity: EphemeralIdentity?) async throws {
    let command = try configuration.command(socketDirectory: directory.path, identity: identity)
    defer { for descriptor in command.descriptors { close(descriptor) } }
    let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(input) }
    let output = try Pipe()
    defer { close(output.writing) }
    let error: Pipe
    do {
      error = try Pipe()
    } catch {
      close(output.reading)
      throw error
    }
    defer { close(error.writing) }
    let launch = Launch(
      command: command,
      standardInput: input,
      standardOutput: output.writing,
      standardError: error.writing,
      noNewPrivileges: configuration.noNewPrivileges
    )
    do {
      process = try await ProcessKeeper.shared.get().launch(launch)
    } catch let failure {
      close(output.reading)
      close(error.reading)
      guard let number = failure as? ErrorNumber else { throw failure }
      throw Self.explanation(of: number, path: command.executable)
    }
    standardOutput = output.reading
    standardError = error.reading
  }

  private static func explanation(of number: ErrorNumber, path: String) -> GoPluginError {
    switch number.value {
    case ENOENT where access(path, F_OK) == 0:
      GoPluginError(.notExecutable, "\(path) is there, and the interpreter or loader that it names is not, or its working directory is not")
    case ENOENT, ENOTDIR:
      GoPluginError(.notExecutable, "there is no plugin at \(path)")
    case EACCES, EPERM, EISDIR:
      GoPluginError(.notExecutable, "\(path) may not be executed: it must be a file with execute permission")
    case ENOEXEC:
      GoPluginError(
        .notExecutable,
        "\(path) is no program for this machine: it is of another architecture, cut off, or a script without #!"
      )
    case let value:
      GoPluginError(.systemCallFailed, "\(path) cannot be started: \(ErrorNumber(value))")
    }
  }
}
