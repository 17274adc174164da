/// The time that has passed on some clock since the stopwatch was made, and waiting on that clock.
///
/// Everything that measures or waits takes a stopwatch, so that a ``VirtualClock`` can stand in for the real one.
package struct Stopwatch: Sendable {
  private let readElapsed: @Sendable () -> Duration
  private let wait: @Sendable (Duration) async throws -> Void
  private let virtual: VirtualClock?

  package init(_ clock: some Clock<Duration> = ContinuousClock()) {
    let start = clock.now
    self.readElapsed = { start.duration(to: clock.now) }
    self.wait = { try await clock.sleep(until: start.advanced(by: $0), tolerance: nil) }
    self.virtual = clock as? VirtualClock
  }

  /// Time since the stopwatch was made.
  package var elapsed: Duration { readElapsed() }

  /// The civil time; on a ``VirtualClock``, that clock's.
  package var timestamp: Timestamp {
    virtual.map { $0.epoch.advanced(by: $0.now.offset) } ?? .now
  }

  /// Returns once `elapsed` has reached `deadline`. The caller counts as a worker; see ``VirtualClock``.
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(until deadline: Duration) async throws {
    try await wait(deadline)
  }

  /// Waits as one who did not count as a worker before.
  package func sleepAside(for duration: Duration) async throws {
    beginWork()
    defer { endWork() }
    try await wait(elapsed + duration)
  }

  /// Keeps an auto-advancing ``VirtualClock`` still until ``endWork()``; nothing on other clocks.
  package func beginWork() { virtual?.beginWork() }
  package func endWork() { virtual?.endWork() }
}
