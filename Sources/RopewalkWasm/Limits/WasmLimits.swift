package import RopewalkCore

/// The bounds that all steps of one process share.
package struct WasmLimits: Sendable {
  /// Guests that run at the same instant. Default: the number of processors.
  package var runningGuests: Int
  /// Instances alive at once; beyond it the one that was idle longest makes room. Default 2,500.
  package var liveInstances = 2500
  /// Messages that wait for an instance, when all are busy. Default 10,000.
  package var waitingForInstance = 10_000
  /// The length of a tick, after a multiple of which a guest gives way. Default 1 ms.
  package var tick: Duration = .milliseconds(1)
  /// Ticks a guest runs before another has its turn. Default 2: between one and two ticks of time.
  package var ticksPerSlice: UInt64 = 2
  /// Slices beyond its time in which a guest with `ropewalk_stop` can say where it was. Default 4.
  package var slicesToStop = 4
  /// The largest `memoryLimit`. Default 1 GiB.
  package var memoryLimit = ByteCount.mebibytes(1024)
  /// What an instance may have grown beyond its first size and still be kept for the next message. Default 16 MiB.
  package var keptGrowth = ByteCount.mebibytes(16)
  /// The largest `.wasm` file. Default 64 MiB.
  package var moduleSize = ByteCount.mebibytes(64)
  /// The largest bundled script, and the largest file in it. Default 8 MiB.
  package var scriptSize = ByteCount.mebibytes(8)
  /// Versions of steps' code that are kept to be run again; what was used longest ago is forgotten. Default 200.
  package var keptVersions = 200
  /// How long the bundler may take. Default 30 s.
  package var bundlingTime: Duration = .seconds(30)
  /// Log lines that one customer's instance may write at once, and each second after that. Default 100 and 20.
  package var logBurst = 100
  package var logLinesPerSecond = 20
  /// Bytes of a log line, beyond which it is cut. Default 8 KiB.
  package var logLineLength = 8 << 10
  /// Bytes of a guest's failure message, beyond which it is cut. Default 16 KiB.
  package var failureLength = 16 << 10

  package init(runningGuests: Int = WasmLimits.processorCount) {
    self.runningGuests = runningGuests
  }
}
