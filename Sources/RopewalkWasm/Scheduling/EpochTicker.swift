import Dispatch
import Synchronization
import Wasmtime

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims
#else
  import Darwin
#endif

/// Moves an engine's epochs on while guests run, on a thread of its own that sleeps when none do.
final class EpochTicker: Sendable {
  private let clock: Clock

  /// Starts the thread; dropping the ticker ends it.
  init(engine: Engine, tick: Duration) {
    let clock = Clock(engine: engine, tick: tick)
    self.clock = clock
    clock.start()
  }

  deinit {
    clock.stop()
  }

  /// One more guest runs. Costs an atomic addition, unless the thread sleeps.
  func guestStarts() {
    clock.running.wrappingAdd(1, ordering: .sequentiallyConsistent)
    if clock.isParked.load(ordering: .sequentiallyConsistent) { clock.wake() }
  }

  func guestStops() {
    clock.running.wrappingSubtract(1, ordering: .sequentiallyConsistent)
  }

  /// Whether the thread sleeps.
  var isParked: Bool { clock.isParked.load(ordering: .sequentiallyConsistent) }
}

/// What the ticker and its thread share; it outlives the ticker until the thread has seen the end.
private final class Clock: Sendable {
  /// Ticks without a guest before the thread sleeps, so that a steady trickle of messages does not wake it each time.
  private static let ticksBeforeParking = 20

  let running = Atomic<Int>(0)
  let isParked = Atomic<Bool>(false)
  private let isStopped = Atomic<Bool>(false)
  private let engine: Engine
  private let tick: Duration
  private let alarm = DispatchSemaphore(value: 0)

  init(engine: Engine, tick: Duration) {
    self.engine = engine
    self.tick = tick
  }

  func wake() {
    if isParked.exchange(false, ordering: .sequentiallyConsistent) { alarm.signal() }
  }

  func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    wake()
  }

  func start() {
    Thread.start { self.run() }
  }

  private func run() {
    var interval = timespec(tick)
    var idleTicks = 0
    while !isStopped.load(ordering: .sequentiallyConsistent) {
      nanosleep(&interval, nil)
      engine.incrementEpoch()
      idleTicks = running.load(ordering: .sequentiallyConsistent) == 0 ? idleTicks + 1 : 0
      if idleTicks >= Self.ticksBeforeParking {
        park()
        idleTicks = 0
      }
    }
  }

  private func park() {
    isParked.store(true, ordering: .sequentiallyConsistent)
    let mustRun =
      running.load(ordering: .sequentiallyConsistent) > 0 || isStopped.load(ordering: .sequentiallyConsistent)
    // Whoever sets the flag back to false has signalled, or is this thread itself.
    if mustRun, isParked.exchange(false, ordering: .sequentiallyConsistent) { return }
    alarm.wait()
  }
}

extension timespec {
  fileprivate init(_ duration: Duration) {
    let (seconds, attoseconds) = duration.components
    self.init(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
  }
}
