package import RopewalkCore

#if canImport(Glibc)
  import Glibc
#endif

/// What bounds one sandboxed process with everything it starts.
///
/// Control groups hold memory, processor and processes where this user may make groups: as root, or where version 2 is
/// delegated (systemd's `Delegate=yes`). Elsewhere the kernel's limits per process stand in; ``SandboxSupport/shortfalls``
/// says for what.
package struct SandboxLimits: Sendable, Hashable {
  /// All memory, with what lies in `/tmp`: 512 MiB. Without control groups: the private memory of each process by itself.
  package var memory = ByteCount.mebibytes(512)
  /// How many processors' worth of time all its processes get together, in each 100 ms: 1.0. Without control groups the
  /// process only gives way to others (nice 10).
  package var processors = 1.0
  /// How much processor time in all before the process is ended; unlimited when nil, the default.
  package var processorTime: Duration?
  /// Open files and connections of each process: 256.
  package var openFiles = 256
  /// Processes and threads together: 64, or 8 for each processor of the machine where that is more, since language
  /// runtimes start threads by that number.
  package var processes = max(64, 8 * Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  /// What fits into `/tmp`: 64 MiB. It is memory, and counts as such.
  package var temporarySpace = ByteCount.mebibytes(64)
  /// Connections through the sandbox's doormen at one time, all directions together: 512. Further ones wait.
  package var connections = 512

  package init() {}

  func validate() throws(RopewalkError) {
    let floors: [(name: String, value: Int, floor: Int)] = [
      ("memory", memory.bytes, 8 << 20), ("files", openFiles, 16), ("processes", processes, 4),
      ("temporary space", temporarySpace.bytes, 1 << 20), ("connections", connections, 1),
    ]
    for limit in floors where limit.value < limit.floor {
      throw RopewalkError(
        .sandboxConfiguration,
        "a sandbox's limit of \(limit.value) for \(limit.name) lets nothing run; give at least \(limit.floor)"
      )
    }
    guard processors >= 0.01, processors <= 4096 else {
      throw RopewalkError(.sandboxConfiguration, "a sandbox takes 0.01 to 4096 processors, and is given \(processors)")
    }
  }
}
