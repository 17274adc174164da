/// Which plugin to start, and how.
public struct PluginConfiguration: Sendable {
  /// What secures the connection to the plugin.
  public enum Security: Sendable, Hashable {
    /// A certificate made for this run on each side, which trusts the other's and no other (AutoMTLS).
    case mutualTLS
    /// Nothing but the permissions of the socket's folder.
    case plaintext
  }

  /// The path of the program. `PATH` is not searched.
  public var executable: String
  public var arguments: [String] = []
  /// The variables the plugin is granted. It gets these and those of the protocol, and nothing of the host's own.
  public var environment: [String: String] = [:]
  /// The folder the plugin runs in; the host's when nil.
  public var workingDirectory: String?
  public var cookie: Cookie
  /// The versions of the plugin's own protocol that this host speaks. The plugin chooses the newest it knows.
  public var protocolVersions: Set<Int>
  public var security: Security = .mutualTLS
  /// Where the private folder for the plugin's sockets is made. Its path must be short: a socket's path has 107 bytes.
  public var socketDirectory = "/tmp"
  /// What the plugin is started inside of; nothing when nil.
  public var enclosure: PluginEnclosure?
  /// Carries the broker's connections inside the one to the plugin, where the plugin can (go-plugin 1.6 and newer); where it
  /// cannot, each has a socket of its own.
  public var brokerMultiplexing = false
  /// Keeps the plugin and what it starts from gaining rights through set-user-ID programs.
  public var noNewPrivileges = true
  public var limits = HostLimits()

  public init(executable: String, cookie: Cookie, protocolVersions: Set<Int>) {
    self.executable = executable
    self.cookie = cookie
    self.protocolVersions = protocolVersions
  }

  /// What starts the plugin, whose sockets and the host's lie in `socketDirectory`. Throws what the enclosure throws.
  func command(socketDirectory: String, identity: EphemeralIdentity?) throws -> PluginCommand {
    let seen = enclosure?.socketDirectory ?? socketDirectory
    let command = PluginCommand(
      executable: executable,
      arguments: arguments,
      environment: completeEnvironment(socketDirectory: seen, identity: identity),
      workingDirectory: workingDirectory
    )
    return try enclosure?.enclose(command, socketDirectory) ?? command
  }

  /// The whole environment of the plugin. What is granted cannot replace what the protocol sets.
  func completeEnvironment(socketDirectory: String, identity: EphemeralIdentity?) -> [String: String] {
    var variables = environment
    variables[cookie.key] = cookie.value
    variables[EnvironmentName.protocolVersions] = ProtocolVersions.offer(protocolVersions)
    // For plugins that listen on TCP: the range that Go's host has.
    variables[EnvironmentName.minimumPort] = "10000"
    variables[EnvironmentName.maximumPort] = "25000"
    variables[EnvironmentName.socketDirectory] = socketDirectory
    // Older plugins make their socket where temporary files go.
    variables[EnvironmentName.temporaryDirectory] = socketDirectory
    variables[EnvironmentName.clientCertificate] = identity?.certificatePEM
    if brokerMultiplexing { variables[EnvironmentName.multiplexing] = "true" }
    return variables
  }
}
