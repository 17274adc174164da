import Glibc
import GoPlugin
import RopewalkCore
import Subprocess
import SystemPackage

/// What of the sandbox this machine allows.
package struct SandboxSupport: Sendable {
  /// Something that is not as it should be, and what to do about it.
  package struct Shortfall: Sendable, Hashable, CustomStringConvertible {
    package var detail: String
    package var remedy: String

    package var description: String { "\(detail); \(remedy)" }
  }

  /// Why there is no sandbox at all; nil when there is one.
  package let obstacle: Shortfall?
  /// What the sandbox does not hold here, although there is one.
  package let shortfalls: [Shortfall]

  /// The path of bubblewrap.
  let bubblewrap: String
  var places: ControlGroupPlaces
  let countsProcesses: Bool

  /// All that is not held; where there is no sandbox the reason alone.
  package var findings: [Shortfall] { obstacle.map { [$0] } ?? shortfalls }
  package var isAvailable: Bool { obstacle == nil }
  package var isComplete: Bool { isAvailable && shortfalls.isEmpty }

  /// Tries out what works here, by starting an empty sandbox once. Takes some tens of milliseconds; the answer holds for the
  /// life of this process.
  package static func probe() async -> SandboxSupport {
    guard let bubblewrap = bubblewrapPaths.first(where: { access($0, X_OK) == 0 }) else {
      return SandboxSupport(
        obstacle: Shortfall(
          detail: "bubblewrap is not installed, so plugins run without a sandbox",
          remedy: "install it: apt-get install bubblewrap"
        ),
        bubblewrap: ""
      )
    }
    return SandboxSupport(obstacle: await obstacle(to: bubblewrap), bubblewrap: bubblewrap)
  }

  private static let bubblewrapPaths = ["/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap"]
  /// How long the empty sandbox may take: 10 seconds.
  private static let trialTimeout = Duration.seconds(10)

  private init(obstacle: Shortfall?, bubblewrap: String) {
    self.obstacle = obstacle
    self.bubblewrap = bubblewrap
    places = ControlGroupPlaces.ofThisProcess
    countsProcesses = Self.countsProcesses(asUser: geteuid(), release: Self.kernelRelease)
    shortfalls = Self.shortfalls(
      controllers: places.controllers,
      countsProcesses: countsProcesses,
      isRoot: geteuid() == 0,
      sharesBySession: SmallFile.text(at: "/proc/sys/kernel/sched_autogroup_enabled") == "1\n"
    )
  }

  /// Whether the kernel's limit on a user's processes is one on a sandbox's: since Linux 5.14 it counts for each user
  /// namespace by itself, and never for root, as whom a sandboxed process counts when the host is root.
  static func countsProcesses(asUser user: uid_t, release: String) -> Bool {
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    guard user != 0, numbers.count == 2 else { return false }
    return (numbers[0], numbers[1]) >= (5, 14)
  }

  /// - Parameter sharesBySession: Whether the kernel shares the processor among sessions, of which a sandbox is one, unless a
  ///   control group does (sched(7), "The autogroup feature"): a nice value then counts within a session alone.
  static func shortfalls(
    controllers: Set<ControlGroupPlaces.Controller>,
    countsProcesses: Bool,
    isRoot: Bool,
    sharesBySession: Bool
  ) -> [Shortfall] {
    let remedy = "let this user make control groups, with Delegate=yes in its systemd unit"
    var shortfalls: [Shortfall] = []
    if !controllers.contains(.memory) {
      shortfalls.append(
        Shortfall(
          detail: "memory is bounded for each process of a plugin and not for all together, and shared memory is not",
          remedy: remedy
        )
      )
    }
    if !controllers.contains(.processes), !countsProcesses {
      shortfalls.append(
        Shortfall(
          detail: "the number of a plugin's processes is not bounded",
          remedy: isRoot ? "run Ropewalk as a user of its own instead of root" : remedy
        )
      )
    }
    if !controllers.contains(.processor) {
      let exception = ", and where Ropewalk itself is in no control group of the processor not even that (kernel.sched_autogroup_enabled)"
      shortfalls.append(
        Shortfall(
          detail: "a plugin's processor time is not bounded; it only gives way to others" + (sharesBySession ? exception : ""),
          remedy: remedy
        )
      )
    }
    return shortfalls
  }

  private static var kernelRelease: String {
    var names = utsname()
    uname(&names)
    return withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func obstacle(to bubblewrap: String) async -> Shortfall? {
    let command = PluginCommand(executable: "/usr/bin/true", arguments: [], environment: [:])
    let sandbox = BubblewrapCommand(bubblewrap: bubblewrap, spec: SandboxSpec(), system: .ofThisMachine)
    let failure = await withTaskGroup(of: String?.self) { group in
      group.addTask {
        do {
          let result = try await Subprocess.run(
            .path(.init(bubblewrap)),
            arguments: Arguments(sandbox.arguments(for: command) + ["--", command.executable]),
            environment: .custom([:]),
            input: .none,
            output: .discarded,
            error: .string(limit: 4096)
          )
          return result.terminationStatus.isSuccess ? nil : "\(result.standardError) \(result.terminationStatus)"
        } catch {
          return "\(error)"
        }
      }
      group.addTask {
        try? await Task.sleep(for: trialTimeout)
        return "it did not end within \(trialTimeout.shortText)"
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    return failure.map { text in
      Shortfall(
        detail: "this machine allows no sandbox, so plugins run without one: \(text.prefix { $0 != "\n" })",
        remedy: remedy(for: text)
      )
    }
  }

  static func remedy(for text: String) -> String {
    let knobs = [
      "/proc/sys/kernel/unprivileged_userns_clone": ("0", "sysctl kernel.unprivileged_userns_clone=1"),
      "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
      "/proc/sys/user/max_user_namespaces": ("0", "sysctl user.max_user_namespaces=10000"),
    ]
    for (path, (refusing, remedy)) in knobs {
      let value = SmallFile.text(at: path)?.prefix { $0 != "\n" }
      if value == refusing[...] { return remedy }
    }
    if text.contains("disable-userns") || text.contains("Unknown option") { return "install bubblewrap 0.8 or newer" }
    return "allow unprivileged user namespaces; in a container, its seccomp profile must allow unshare, mount and pivot_root"
  }
}
