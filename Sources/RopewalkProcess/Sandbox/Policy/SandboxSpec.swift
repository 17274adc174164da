package import RopewalkCore

/// What one connector's process may see, reach and use. Everything that is not said here is denied.
///
/// The process always has: the system's programs and libraries, read-only (`/usr`); its own executable and the shared
/// libraries that it names; an empty `/tmp` of its own; `/dev/null`, `/dev/urandom` and their like; and a handful of files in
/// `/etc` (certificates, time zone, and users, hosts and name servers that are made for it). It has namespaces of its own
/// for users, processes, mounts, IPC, host name and control groups, and no capability.
package struct SandboxSpec: Sendable, Hashable {
  package var network: NetworkPolicy
  package var limits: SandboxLimits
  /// Absolute paths of files and folders that the process may read, at the same place: its own folder, a virtual
  /// environment of Python, a certificate.
  package var readOnly: [String]
  /// Absolute paths of files and folders that the process may change. What it writes there counts against no limit.
  package var writable: [String]

  package init(
    network: NetworkPolicy = .none,
    limits: SandboxLimits = SandboxLimits(),
    readOnly: [String] = [],
    writable: [String] = []
  ) {
    self.network = network
    self.limits = limits
    self.readOnly = readOnly
    self.writable = writable
  }

  /// Throws `sandbox.configuration` when a path is not absolute or not there, or a limit makes no sense.
  func validate() throws(RopewalkError) {
    for path in readOnly + writable {
      guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
        throw RopewalkError(.sandboxConfiguration, "a path granted to a sandbox must be absolute and without '..': \(path)")
      }
      guard FileKind(at: path) != nil else {
        throw RopewalkError(.sandboxConfiguration, "there is nothing at \(path), which the sandbox is to be granted")
      }
    }
    try limits.validate()
    try network.validate()
  }
}

extension ErrorCode {
  /// What is asked of the sandbox makes no sense.
  package static let sandboxConfiguration = ErrorCode("sandbox.configuration", .invalid)
  /// The machine does not allow the sandbox.
  package static let sandboxUnavailable = ErrorCode("sandbox.unavailable", .unavailable)
  /// The sandbox could not be set up, although the machine allows it.
  package static let sandboxSetup = ErrorCode("sandbox.setup", .fault)
}
