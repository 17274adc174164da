/// What starts a plugin's process.
public struct PluginCommand: Sendable, Hashable {
  /// The path of the program. `PATH` is not searched.
  public var executable: String
  public var arguments: [String]
  /// The whole environment.
  public var environment: [String: String]
  /// The folder the process starts in; the host's when nil.
  public var workingDirectory: String?
  /// What the process gets as its descriptors 3, 4, 5 and so on, at most 8. They are closed here once it is started, or
  /// cannot be.
  public var descriptors: [Int32] = []

  public init(executable: String, arguments: [String], environment: [String: String], workingDirectory: String? = nil) {
    self.executable = executable
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
  }
}
