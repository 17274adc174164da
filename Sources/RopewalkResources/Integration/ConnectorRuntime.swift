public import RopewalkCore

/// Where the connector of a connection runs.
public enum ConnectorRuntime: Sendable, Equatable {
  /// In Ropewalk's own process; only built-in connectors can.
  case embedded
  /// In a process of its own.
  case process(ConnectorProcessSpec)
}

/// `runtime: process` of a connection.
public struct ConnectorProcessSpec: Sendable, Equatable {
  public enum Program: Sendable, Equatable {
    /// The built-in connector of the connection's type.
    case builtIn
    /// `plugin: ./connectors/webhook`: a program, or a folder with a `ropewalk-plugin.yaml`; already resolved against the
    /// integration file's folder.
    case plugin(String)
    /// `command: [python3, ./connector.py]`: a program, looked for in `PATH` unless it has a slash, and its arguments.
    /// What begins with `./` or `../` is already resolved.
    case command([String])
  }

  public var program: Program
  /// `secrets`: the names that the connector may ask for.
  public var secrets: [String]
  /// `environment`: the variables that it gets besides the protocol's own.
  public var environment: [String: String]
  public var sandbox: ConnectorSandboxSpec

  public init(
    program: Program = .builtIn,
    secrets: [String] = [],
    environment: [String: String] = [:],
    sandbox: ConnectorSandboxSpec = ConnectorSandboxSpec()
  ) {
    self.program = program
    self.secrets = secrets
    self.environment = environment
    self.sandbox = sandbox
  }
}

/// `sandbox` of a connection: what the process may reach, and how much it may use.
public struct ConnectorSandboxSpec: Sendable, Equatable {
  public enum Network: Sendable, Equatable {
    case none
    /// The host's, as it is.
    case host
    /// `{ allow: [api.example.com:443], listen: [127.0.0.1:8080] }`: where it may connect to, and where it may be reached.
    case restricted(allow: [String], listen: [String])
  }

  /// `sandbox: false` runs it as any other program of this machine.
  public var isEnabled: Bool
  /// Default `none`.
  public var network: Network
  /// Files and folders besides its own that it may read; already resolved.
  public var readable: [String]
  /// Folders that it may write; already resolved.
  public var writable: [String]
  /// Nil takes the process runtime's default.
  public var memory: ByteCount?
  /// In processors. Nil takes the process runtime's default.
  public var cpu: Double?
  /// Processes and threads. Nil takes the process runtime's default.
  public var processes: Int?
  /// Nil takes the process runtime's default.
  public var openFiles: Int?

  public init(
    isEnabled: Bool = true,
    network: Network = .none,
    readable: [String] = [],
    writable: [String] = [],
    memory: ByteCount? = nil,
    cpu: Double? = nil,
    processes: Int? = nil,
    openFiles: Int? = nil
  ) {
    self.isEnabled = isEnabled
    self.network = network
    self.readable = readable
    self.writable = writable
    self.memory = memory
    self.cpu = cpu
    self.processes = processes
    self.openFiles = openFiles
  }
}
