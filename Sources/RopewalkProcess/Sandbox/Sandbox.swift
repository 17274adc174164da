import CSandbox
import Glibc
package import GoPlugin
import Logging
package import RopewalkCore
import Synchronization

/// One sandbox, in which one process is started. It is valid in the scope that gave it.
package final class Sandbox: Sendable {
  /// This process's ends of what it shares with bubblewrap.
  struct Start: Sendable {
    /// Where bubblewrap writes which process it has made.
    var information: Int32
    /// A byte in here lets the program start.
    var gate: Int32
  }

  private enum State {
    case made
    case started
    /// With a descriptor of the sandbox's first process.
    case ready(process: Int32)
    case closed
  }

  let spec: SandboxSpec
  let group: ControlGroup?
  private let support: SandboxSupport
  let madeFiles: MadeFiles
  private let state = Mutex(State.made)
  /// The one start, when it comes; ends without one when there is none.
  let starts: AsyncStream<Start>
  private let startWriter: AsyncStream<Start>.Continuation

  init(_ spec: SandboxSpec, support: SandboxSupport, madeFiles: MadeFiles, group: ControlGroup?) {
    self.spec = spec
    self.support = support
    self.madeFiles = madeFiles
    self.group = group
    (starts, startWriter) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  /// To be set as the enclosure of a plugin's configuration, for one start.
  package var enclosure: PluginEnclosure {
    PluginEnclosure(
      socketDirectory: BubblewrapCommand.temporaryFolder,
      enclose: { command, hostSockets in try self.enclose(command, hostSockets: hostSockets) },
      connect: { path in try self.connect(to: path) }
    )
  }

  /// How the program itself ended, from how its sandbox did: bubblewrap hands a signal on as a code of 128 and more.
  package static func status(of program: ExitStatus) -> ExitStatus {
    guard case .exited(let code) = program, (129...192).contains(code) else { return program }
    return .signalled(code - 128)
  }

  /// How often the kernel has ended something in here because the memory was used up. Always 0 without control groups.
  package var memoryKills: Int { group?.memoryKills ?? 0 }

  /// How often something in here could not start a process or thread because of the limit. Always 0 without control groups.
  package var refusedProcesses: Int { group?.refusedProcesses ?? 0 }

  /// In how many periods of 100 ms all that is in here was held back because its share of the processor was used up. Always 0
  /// without control groups.
  package var throttledPeriods: Int { group?.throttledPeriods ?? 0 }

  /// Turns a command into one that runs in here. Throws `sandbox.configuration` or `sandbox.setup`; also when called twice.
  package func enclose(_ command: PluginCommand, hostSockets: String?) throws(RopewalkError) -> PluginCommand {
    let isFirst = state.withLock { state in
      guard case .made = state else { return false }
      state = .started
      return true
    }
    guard isFirst else { throw RopewalkError(.sandboxSetup, "a sandbox starts one process, and this one has") }
    let (system, command) = (SystemFiles.ofThisMachine, try command.withAbsolutePath())
    let sandbox = BubblewrapCommand(
      bubblewrap: support.bubblewrap,
      spec: spec,
      system: system,
      madeFiles: madeFiles.bindings,
      libraries: SharedLibraries.paths(of: command.executable, isSystem: system.contains),
      hostSockets: hostSockets
    )
    let arguments = sandbox.arguments(for: command) + BubblewrapCommand.plumbing
    // A zero ends an argument, and what follows it would be another one.
    guard arguments.allSatisfy({ !$0.utf8.contains(0) }) else {
      throw RopewalkError(.sandboxConfiguration, "a path or variable of the plugin contains a zero byte")
    }
    var plumbing = try Plumbing(arguments: arguments, filter: SystemCallFilter.program(for: .own))
    var started = sandbox.start(command)
    started.descriptors = plumbing.giveAway()
    startWriter.yield(Start(information: plumbing.information, gate: plumbing.gate))
    return started
  }

  /// Connects to a socket in the sandbox's temporary folder, at its path inside. Returns a descriptor that belongs to the
  /// caller. Throws `sandbox.setup`.
  package func connect(to path: String) throws(RopewalkError) -> Int32 {
    let folder = BubblewrapCommand.temporaryFolder
    guard path.hasPrefix(folder + "/"), !path.utf8.contains(0) else {
      throw RopewalkError(.sandboxSetup, "a sandboxed plugin must make its sockets in \(folder), which TMPDIR names")
    }
    let descriptor = state.withLock { state in
      guard case .ready(let process) = state else { return -ESRCH }
      return csandbox_connect_unix(process, folder, String(path.dropFirst(folder.count + 1)))
    }
    guard descriptor >= 0 else {
      throw RopewalkError(.sandboxSetup, "the plugin's socket \(path) cannot be reached: \(String(cString: strerror(-descriptor)))")
    }
    return descriptor
  }

  /// Takes over a descriptor of the first process.
  func isReady(process: Int32) {
    state.withLock { $0 = .ready(process: process) }
  }

  /// Ends whoever waits for a start.
  func endStarts() {
    startWriter.finish()
  }

  func close() {
    endStarts()
    let process = state.withLock { state in
      defer { state = .closed }
      return if case .ready(let process) = state { process } else { -1 as Int32 }
    }
    if process >= 0 { Glibc.close(process) }
  }
}

extension PluginCommand {
  /// Inside, the folder that relative paths are meant for is not there.
  fileprivate func withAbsolutePath() throws(RopewalkError) -> PluginCommand {
    guard !executable.hasPrefix("/") else { return self }
    guard let path = realpath(executable, nil) else {
      throw RopewalkError(.sandboxConfiguration, "there is no plugin at \(executable)")
    }
    defer { free(path) }
    var command = self
    command.executable = String(cString: path)
    return command
  }
}
