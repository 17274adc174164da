import GoPlugin
import RopewalkCore

/// The command that starts a process in a sandbox, by bubblewrap (<https://github.com/containers/bubblewrap>).
struct BubblewrapCommand: Sendable {
  /// The process's user and group inside. Outside it is the host's own user.
  static let user = 1000
  static let hostName = "plugin"
  /// Where the process makes its temporary files and its sockets.
  static let temporaryFolder = "/tmp"

  /// The descriptors that bubblewrap is started with, in their order from 3.
  enum Descriptor: Int, CaseIterable {
    /// Where it writes which process it has made.
    case information = 3
    /// What it waits on before it starts the program.
    case gate
    /// What it reads the system call filter from.
    case filter
    /// What it reads its own arguments from, so that no list of processes shows the environment.
    case arguments
  }

  /// The path of bubblewrap.
  var bubblewrap: String
  var spec: SandboxSpec
  var system: SystemFiles
  /// Files that are shown at another place than where they lie.
  var madeFiles: [(outside: String, inside: String)] = []
  /// The shared libraries that are shown, beside the system's.
  var libraries: [String] = []
  /// The folder with the host's sockets.
  var hostSockets: String?

  /// What starts `command` inside. The descriptors have to be added.
  func start(_ command: PluginCommand) -> PluginCommand {
    PluginCommand(
      executable: bubblewrap,
      arguments: ["--args", "\(Descriptor.arguments.rawValue)", "--", command.executable] + command.arguments,
      // Variables that are granted may change how a program starts, and bubblewrap starts outside.
      environment: [:],
      workingDirectory: "/"
    )
  }

  /// Bubblewrap's own arguments for `command`, in the order in which it carries them out: what comes later covers what came
  /// before.
  func arguments(for command: PluginCommand) -> [String] {
    var arguments = isolation
    arguments += system.entries.flatMap { entry in
      switch entry {
      case .folder(let path): ["--ro-bind", path, path]
      case .link(let path, let destination): ["--symlink", destination, path]
      }
    }
    let settings = SystemFiles.settings + (spec.network == .host ? SystemFiles.resolving : [])
    arguments += settings.flatMap { ["--ro-bind-try", $0, $0] }
    arguments += madeFiles.flatMap { ["--ro-bind", $0.outside, $0.inside] }
    arguments += kernelFolders
    arguments += granted(to: command)
    arguments += ["--remount-ro", "/", "--chdir", command.workingDirectory ?? Self.temporaryFolder]
    arguments += ["--clearenv", "--setenv", "HOME", Self.temporaryFolder]
    return arguments + command.environment.sorted { $0.key < $1.key }.flatMap { ["--setenv", $0.key, $0.value] }
  }

  /// What has bubblewrap use its descriptors.
  static let plumbing = [
    "--info-fd", "\(Descriptor.information.rawValue)", "--block-fd", "\(Descriptor.gate.rawValue)",
    "--seccomp", "\(Descriptor.filter.rawValue)",
  ]

  private var isolation: [String] {
    var arguments = ["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if spec.network != .host { arguments.append("--unshare-net") }
    return arguments + [
      "--disable-userns", "--uid", "\(Self.user)", "--gid", "\(Self.user)", "--hostname", Self.hostName, "--cap-drop", "ALL",
      "--die-with-parent",
      // Away from the terminal that the host was started from.
      "--new-session",
    ]
  }

  /// A host that runs as root may write the kernel's settings, and so may what it starts, without any capability. Hence all
  /// of `/proc` is read-only.
  private var kernelFolders: [String] {
    let size = "\(spec.limits.temporarySpace.bytes)"
    return [
      "--proc", "/proc", "--remount-ro", "/proc",
      "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev",
      "--size", size, "--tmpfs", Self.temporaryFolder, "--dir", "/run", "--dir", "/var", "--symlink", "../tmp", "/var/tmp",
    ]
  }

  private func granted(to command: PluginCommand) -> [String] {
    var grants = Dictionary(spec.readOnly.map { ($0, "--ro-bind") }) { first, _ in first }
    for path in libraries { grants[path] = "--ro-bind" }
    if !system.contains(command.executable) { grants[command.executable] = "--ro-bind" }
    if let hostSockets { grants[hostSockets] = "--ro-bind" }
    for path in spec.writable { grants[path] = "--bind" }
    // A folder comes before what lies in it.
    return grants.sorted { $0.key < $1.key }.flatMap { [$0.value, $0.key, $0.key] }
  }
}
