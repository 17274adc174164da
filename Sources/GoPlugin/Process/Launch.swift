import CGoPluginLauncher
import Glibc

/// What a process is started with. It gets this environment and these descriptors, and no other.
struct Launch: Sendable {
  var command: PluginCommand
  var standardInput: Int32
  var standardOutput: Int32
  var standardError: Int32
  var noNewPrivileges: Bool

  /// Starts the process as a child of the calling thread, with which it dies. Returns it, or the `errno`.
  func start() -> Result<goplugin_child, ErrorNumber> {
    let variables = command.environment.map { "\($0.key)=\($0.value)" }
    var child = goplugin_child(pid: 0, pidfd: -1)
    let error = withCStrings([command.executable] + command.arguments) { arguments in
      withCStrings(variables) { variables in
        command.executable.withCString { path in
          withOptionalCString(command.workingDirectory) { directory in
            command.descriptors.withUnsafeBufferPointer { descriptors in
              var launch = goplugin_launch(
                path: path,
                arguments: arguments,
                environment: variables,
                directory: directory,
                standard_input: standardInput,
                standard_output: standardOutput,
                standard_error: standardError,
                descriptors: descriptors.baseAddress,
                descriptor_count: descriptors.count,
                no_new_privileges: noNewPrivileges
              )
              return goplugin_launch(&launch, &child)
            }
          }
        }
      }
    }
    return error == 0 ? .success(child) : .failure(ErrorNumber(error))
  }
}

/// An `errno`.
struct ErrorNumber: Error, Hashable, CustomStringConvertible {
  let value: Int32

  init(_ value: Int32) {
    self.value = value
  }

  var description: String { String(cString: strerror(value)) }
}

private func withCStrings<Result>(
  _ strings: [String],
  _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  pointers.append(nil)
  return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
}

private func withOptionalCString<Result>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
  guard let string else { return body(nil) }
  return string.withCString(body)
}
