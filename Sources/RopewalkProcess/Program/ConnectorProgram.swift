import Glibc

/// What is started as a connector's process, and with what.
package struct ConnectorProgram: Sendable, Hashable {
  /// The path of a program or a script. `PATH` is not searched.
  package var executable: String
  package var arguments: [String]
  /// What it is granted besides the protocol's own variables and ``standardEnvironment``.
  package var environment: [String: String]
  /// The folder of the connector's own files, which it may read.
  package var folder: String?

  /// What every connector gets: where programs are, and a locale that every machine has.
  package static let standardEnvironment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]

  package init(executable: String, arguments: [String] = [], environment: [String: String] = [:], folder: String? = nil) {
    self.executable = Self.absolute(executable)
    self.arguments = arguments
    self.environment = environment
    self.folder = folder.map(Self.absolute)
  }

  /// A program by name, as `command:` has it: looked for in `searchPath` unless it has a slash; the name itself where it is nowhere.
  package static func locate(_ name: String, searchPath: String = standardEnvironment["PATH"] ?? "") -> String {
    guard !name.contains("/") else { return name }
    for folder in searchPath.split(separator: ":") where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
    return name
  }

  /// The same file seen from any working folder; links stay as they are, because programs may look at their own name.
  package static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
    defer { free(here) }
    return "\(String(cString: here))/\(path)"
  }

  /// What it is called in messages: its name, and that of the script where an interpreter runs one.
  package var name: String {
    ([executable] + arguments.prefix(1)).map { $0.split(separator: "/").last.map(String.init) ?? $0 }.joined(separator: " ")
  }
}
