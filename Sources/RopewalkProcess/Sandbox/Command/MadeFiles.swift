import Glibc
import GoPlugin
import RopewalkCore

/// The files in a sandbox's `/etc` that are made for it: a user, itself as the only host, no name server.
struct MadeFiles: Sendable {
  /// What holds them, and nobody else can enter.
  private let directory: PrivateDirectory
  private let names: [String]

  var folder: String { directory.path }

  /// What stands in them. `hosts` are the names that are to be found, with their addresses.
  static func contents(hosts: [(name: String, address: String)], resolvesNames: Bool) -> [(name: String, text: String)] {
    var files = [
      ("passwd", "plugin:x:\(BubblewrapCommand.user):\(BubblewrapCommand.user)::/tmp:/usr/sbin/nologin\n"),
      ("group", "plugin:x:\(BubblewrapCommand.user):\n"),
    ]
    if !resolvesNames {
      let lines = [("localhost", "127.0.0.1"), ("localhost", "::1"), (BubblewrapCommand.hostName, "127.0.0.1")] + hosts
      files += [
        ("hosts", lines.map { "\($0.1) \($0.0)\n" }.joined()),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
        // Nobody answers there, so that a name that is not in `hosts` fails at once.
        ("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"),
      ]
    }
    return files
  }

  /// Writes them into a new folder under `/tmp`. Throws `sandbox.setup`.
  init(_ contents: [(name: String, text: String)]) throws(RopewalkError) {
    do throws(GoPluginError) {
      directory = try PrivateDirectory(under: "/tmp", prefix: "ropewalk-")
    } catch {
      throw RopewalkError(.sandboxSetup, "no folder for a sandbox's files: \(error.message)")
    }
    names = contents.map(\.name)
    for file in contents {
      let error = SmallFile.write(file.text, to: "\(folder)/\(file.name)")
      guard error == 0 else {
        remove()
        throw RopewalkError(.sandboxSetup, "\(folder)/\(file.name) cannot be written: \(String(cString: strerror(error)))")
      }
    }
  }

  /// The paths outside, and where they belong inside.
  var bindings: [(outside: String, inside: String)] { names.map { ("\(folder)/\($0)", "/etc/\($0)") } }

  func remove() { directory.remove() }
}
