import CSandbox
import Glibc
import RopewalkCore

/// The kernel's limits on each process, for what control groups do not hold here.
struct ProcessLimits: Sendable, Hashable {
  struct Limit: Sendable, Hashable {
    var resource: Int32
    var value: UInt64
  }

  /// Addresses beyond the memory limit that a process may reserve without using them, as language runtimes do: 8 GiB.
  static let reservedAddresses = 8 << 30
  /// How far a process stands back where nothing else bounds its share of the processor.
  static let niceness: Int32 = 10

  let limits: [Limit]
  let givesWay: Bool

  /// - Parameter countsProcesses: Whether the kernel counts a sandbox's processes by themselves; see ``SandboxSupport``.
  init(_ wanted: SandboxLimits, groups: Set<ControlGroupPlaces.Controller>, countsProcesses: Bool) {
    var limits = [
      Limit(resource: Int32(RLIMIT_NOFILE.rawValue), value: UInt64(wanted.openFiles)),
      // Zero would still start the host's handler of crashes, outside. At one byte the kernel takes the process for one.
      Limit(resource: Int32(RLIMIT_CORE.rawValue), value: 1),
    ]
    if let time = wanted.processorTime {
      limits.append(Limit(resource: Int32(RLIMIT_CPU.rawValue), value: UInt64(max(1, time.components.seconds))))
    }
    if !groups.contains(.memory) {
      limits.append(Limit(resource: Int32(RLIMIT_DATA.rawValue), value: UInt64(wanted.memory.bytes)))
      limits.append(Limit(resource: Int32(RLIMIT_AS.rawValue), value: UInt64(wanted.memory.bytes + Self.reservedAddresses)))
    }
    if countsProcesses {
      limits.append(Limit(resource: Int32(__RLIMIT_NPROC.rawValue), value: UInt64(wanted.processes)))
    }
    self.limits = limits
    givesWay = !groups.contains(.processor)
  }

  /// Sets the limits of a process, which what it starts inherits. Throws `sandbox.setup`.
  func apply(to pid: pid_t) throws(RopewalkError) {
    for limit in limits {
      let error = csandbox_limit(pid, limit.resource, limit.value)
      guard error == 0 else {
        throw RopewalkError(
          .sandboxSetup,
          "limit \(limit.resource) of process \(pid) cannot be set to \(limit.value): \(String(cString: strerror(error)))"
        )
      }
    }
    if givesWay { _ = csandbox_give_way(pid, Self.niceness) }
  }
}
