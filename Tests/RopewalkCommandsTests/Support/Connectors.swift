import Foundation
import RopewalkCore

/// Programs of connectors that the tests start, and what holds them on this machine.
enum Connectors {
  /// Those that come with Ropewalk.
  static let builtIn = beside("ropewalk-connector")
  /// Writes down what happens to it, or lies.
  static let peer = beside("ConnectorPeer")

  private static func beside(_ name: String) -> String {
    URL(fileURLWithPath: Ropewalk.binary).deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// What `doctor` says of their sandbox.
  static func sandboxFinding(in folder: Folder) async throws -> JSON {
    let report = try await Ropewalk.run("doctor", "--output", "json", in: folder).json
    return report["findings"]?.array?.first { $0["subject"] == "sandbox" } ?? .null
  }

  /// Whether they run in one here, perhaps in one that does not hold everything.
  static func areSandboxed() async throws -> Bool {
    var isAvailable = false
    try await Folder.with { isAvailable = try await sandboxFinding(in: $0)["detail"]?.string?.contains("plugins run without") == false }
    return isAvailable
  }

  // MARK: A machine without bubblewrap

  /// Has nobody find bubblewrap, in a namespace of its own.
  private static let hide =
    "for each in /usr/bin/bwrap /usr/local/bin/bwrap /bin/bwrap; do [ ! -e $each ] || mount --bind /dev/null $each || exit 1; done"

  /// Whether this machine lets a test take bubblewrap away.
  static func canBeWithoutSandbox() async throws -> Bool {
    var isAllowed = false
    try await Folder.with { isAllowed = try await Ropewalk.run(["-rm", "sh", "-c", hide], of: "/usr/bin/unshare", in: $0).exitCode == 0 }
    return isAllowed
  }

  /// Runs a command of `ropewalk` where there is no bubblewrap.
  static func runWithoutSandbox(_ arguments: String..., in folder: Folder) async throws -> Ropewalk.Result {
    let script = "\(hide); exec \"$0\" \"$@\""
    return try await Ropewalk.run(["-rm", "sh", "-c", script, Ropewalk.binary] + arguments, of: "/usr/bin/unshare", in: folder)
  }
}
