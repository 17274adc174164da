import Glibc
import RopewalkCore
import Synchronization

/// The control groups of one sandbox: one in version 2, one for each controller in version 1.
struct ControlGroup: Sendable {
  /// How long is waited for the kernel to let go of a group whose processes were killed: 5 seconds.
  private static let removalTimeout = Duration.seconds(5)
  private static let count = Mutex(0)

  private let groups: [ControlGroupPlaces.Place]

  /// Makes the groups with their limits. Throws `sandbox.setup`; then none is left behind.
  init(in places: ControlGroupPlaces, limits: SandboxLimits) throws(RopewalkError) {
    let number = Self.count.withLock { count in
      count += 1
      return count
    }
    groups = places.places.map { place in
      var group = place
      group.path += "/\(ControlGroupPlaces.prefix)\(getpid())-\(number)"
      return group
    }
    for group in groups {
      var error: Int32 = mkdir(group.path, 0o755) == 0 ? 0 : errno
      for setting in Self.settings(of: group, limits: limits) where error == 0 {
        let failure = SmallFile.write(setting.value, to: "\(group.path)/\(setting.file)")
        if !setting.isOptional { error = failure }
      }
      guard error == 0 else {
        removeEmpty()
        throw RopewalkError(.sandboxSetup, "the control group \(group.path) cannot be made: \(String(cString: strerror(error)))")
      }
    }
  }

  /// The folders of the groups.
  var paths: [String] { groups.map(\.path) }

  struct Setting: Hashable {
    var file: String
    var value: String
    /// Some kernels are built without it.
    var isOptional = false

    static func limit(_ controller: ControlGroupPlaces.Controller, of group: ControlGroupPlaces.Place, _ value: String) -> Setting {
      Setting(file: group.limitFile(of: controller), value: value)
    }
  }

  /// What is written into which of a group's files.
  static func settings(of group: ControlGroupPlaces.Place, limits: SandboxLimits) -> [Setting] {
    let period = 100_000
    let quota = max(1000, Int(limits.processors * Double(period)))
    var settings: [Setting] = []
    if group.controllers.contains(.memory) {
      settings.append(.limit(.memory, of: group, "\(limits.memory.bytes)"))
      settings +=
        group.isUnified
        ? [
          Setting(file: "memory.swap.max", value: "0", isOptional: true),
          Setting(file: "memory.oom.group", value: "1", isOptional: true),
        ]
        : [Setting(file: "memory.memsw.limit_in_bytes", value: "\(limits.memory.bytes)", isOptional: true)]
    }
    if group.controllers.contains(.processes) { settings.append(.limit(.processes, of: group, "\(limits.processes)")) }
    if group.controllers.contains(.processor) {
      if group.isUnified {
        settings.append(.limit(.processor, of: group, "\(quota) \(period)"))
      } else {
        settings.append(Setting(file: "cpu.cfs_period_us", value: "\(period)", isOptional: true))
        // Version 1 refuses more than the groups around this one have, which then holds.
        var share = Setting.limit(.processor, of: group, "\(quota)")
        share.isOptional = true
        settings.append(share)
      }
    }
    return settings
  }

  /// Puts a process in, with all that it starts from now on. Throws `sandbox.setup`.
  func add(_ pid: pid_t) throws(RopewalkError) {
    for group in groups {
      let error = SmallFile.write("\(pid)", to: "\(group.path)/cgroup.procs")
      guard error == 0 else {
        throw RopewalkError(
          .sandboxSetup,
          "process \(pid) cannot be put into the control group \(group.path): \(String(cString: strerror(error)))"
        )
      }
    }
  }

  /// How often the kernel has ended a process because the memory was used up.
  var memoryKills: Int { count("oom_kill", in: ["memory.events", "memory.oom_control"], of: .memory) }

  /// How often a process could not start another because there were as many as may be.
  var refusedProcesses: Int { count("max", in: ["pids.events"], of: .processes) }

  /// In how many periods of 100 ms the kernel has held all of it back because its share of the processor was used up.
  var throttledPeriods: Int { count("nr_throttled", in: ["cpu.stat"], of: .processor) }

  /// Ends what still lives, and removes the groups.
  func remove() async {
    let deadline = ContinuousClock.now + Self.removalTimeout
    for group in groups where group.isUnified { _ = SmallFile.write("1", to: "\(group.path)/cgroup.kill") }
    // There is nothing to wait on that version 1 has too. A cancelled task tries without pause, at most as long.
    while !removeEmpty(), ContinuousClock.now < deadline {
      try? await Task.sleep(for: .milliseconds(5))
      await Task.yield()
    }
  }

  /// Returns false when a group still has processes.
  @discardableResult
  private func removeEmpty() -> Bool {
    groups.reduce(true) { removed, group in (rmdir(group.path) == 0 || errno == ENOENT) && removed }
  }

  private func count(_ name: String, in files: [String], of controller: ControlGroupPlaces.Controller) -> Int {
    for group in groups where group.controllers.contains(controller) {
      for file in files {
        for line in (SmallFile.text(at: "\(group.path)/\(file)") ?? "").split(separator: "\n") {
          let words = line.split(separator: " ")
          if words.count == 2, words[0] == name { return Int(words[1]) ?? 0 }
        }
      }
    }
    return 0
  }
}
