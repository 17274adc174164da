import CGoPluginLauncher
import Glibc

/// What a process is started with. It gets this environment and these three descriptors, and no other.
struct Launch: Sendable {
  var path: String
  var arguments: [String]
  var environment: [String: String]
  var directory: String?
  var standardInput: Int32
  var standardOutput: Int32
  var standardError: Int32
  var noNewPrivileges: Bool

  /// Starts the process as a child of the calling thread, with which it dies. Returns it, or the `errno`.
  func start() -> Result<goplugin_child, ErrorNumber> {
    let variables = environment.map { "\($0.key)=\($0.value)" }
    var child = goplugin_child(pid: 0, pidfd: -1)
    let error = withCStrings([path] + arguments) { arguments in
      withCStrings(variables) { variables in
        path.withCString { path in
          withOptionalCString(directory) { directory in
            var launch = goplugin_launch(
              path: path,
              arguments: arguments,
              environment: variables,
              directory: directory,
              standard_input: standardInput,
              standard_output: standardOutput,
              standard_error: standardError,
              no_new_privileges: noNewPrivileges
            )
            return goplugin_launch(&launch, &child)
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
