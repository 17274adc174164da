import RopewalkCore

/// One message's time with a guest: when it may run, how long it has run, and when it has run too long.
///
/// Time counts while the guest runs and while it waits for a host call, not while it waits for its turn.
struct GuestTurn {
  private let scheduler: WasmScheduler
  private let customer: CustomerKey
  private let weight: Int
  /// In nanoseconds.
  private let timeout: UInt64
  private var clock = TurnClock()
  private var hasPermit = false

  init(_ scheduler: WasmScheduler, customer: CustomerKey, weight: Int, timeout: UInt64) {
    self.scheduler = scheduler
    self.customer = customer
    self.weight = weight
    self.timeout = timeout
  }

  /// Where the guest's call goes on after its first slice.
  var longCalls: LongCallExecutor { scheduler.longCalls }

  /// How long it may take.
  var limit: Duration { .nanoseconds(Int64(clamping: timeout)) }

  var isOver: Bool { clock.elapsed > timeout }

  /// What is left of the timeout.
  var remaining: Duration { .nanoseconds(Int64(clamping: isOver ? 0 : timeout - clock.elapsed)) }

  /// When the timeout is used up if the guest runs on from here.
  var deadline: MonotonicTime { clock.end(of: timeout) }

  /// Begins when the guest may run at once, unless it has begun.
  mutating func tryBegin() -> Bool {
    if hasPermit { return true }
    guard scheduler.tryAcquire() else { return false }
    hasPermit = true
    clock.start(at: .now)
    return true
  }

  /// Returns when the guest may run.
  mutating func begin() async throws(CancellationError) {
    try await scheduler.acquire(for: customer)
    hasPermit = true
    clock.start(at: .now)
  }

  /// Books the slice that is over, lets others run, and returns when the guest may go on.
  mutating func giveWay() async throws(CancellationError) {
    book()
    do {
      try await scheduler.rotate(takeUse())
    } catch {
      hasPermit = false
      throw error
    }
    clock.start(at: .now)
    if Task.isCancelled { throw CancellationError() }
  }

  /// Books what has passed since the slice began, or since this was last called.
  mutating func book() {
    clock.book(at: .now)
  }

  /// Lets others run while the guest waits for a host call; the call's time counts.
  mutating func wait<Result>(for call: () async -> Result) async throws(CancellationError) -> Result {
    end()
    let start = MonotonicTime.now
    let result = await call()
    clock.wait(MonotonicTime.now.nanoseconds(since: start))
    if Task.isCancelled { throw CancellationError() }
    if !tryBegin() { try await begin() }
    return result
  }

  /// Gives the permit back, if there is one.
  mutating func end() {
    guard hasPermit else { return }
    book()
    hasPermit = false
    scheduler.release(takeUse())
  }

  private mutating func takeUse() -> Use {
    Use(customer: customer, weight: weight, nanoseconds: clock.takeCharge())
  }
}

extension Duration {
  /// Nanoseconds, as many as fit.
  var wholeNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    let (nanoseconds, overflow) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max : nanoseconds &+ UInt64(clamping: attoseconds / 1_000_000_000)
  }
}
