/// The magic cookie that a host puts into a plugin's environment and without which a plugin refuses to run.
///
/// It keeps people from starting a plugin by hand; it is no secret and protects nothing.
public struct Cookie: Sendable, Hashable {
  /// The environment variable's name.
  public var key: String
  /// What the plugin expects there.
  public var value: String

  public init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}
