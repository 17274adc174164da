import Glibc
import RopewalkCore

/// What bubblewrap tells of the process it has made.
struct SandboxInformation: Sendable, Hashable {
  /// The first process of the sandbox, by its number outside.
  var pid: pid_t
  /// The inode number of its network; nil where it has the host's.
  var network: UInt64?

  /// Nil when the text is not whole yet.
  init?(_ bytes: [UInt8]) {
    guard let json = try? JSON.parse(bytes), let number = json["child-pid"]?.int,
      let pid = pid_t(exactly: number), pid > 0
    else { return nil }
    self.pid = pid
    network = json["net-namespace"]?.int.flatMap { UInt64(exactly: $0) }
  }
}
