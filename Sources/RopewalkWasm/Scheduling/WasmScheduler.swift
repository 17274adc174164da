import Synchronization

/// Lets at most so many guests run at once, and shares their processor time fairly among customers.
///
/// While a permit is free, taking one is a lock and nothing else: no task hop, no allocation.
final class WasmScheduler: Sendable {
  /// Resumed with true when the permit is there, with false when the wait was cancelled.
  private typealias PermitWaiter = Waiter<Bool>

  private let state: Mutex<SchedulerState<PermitWaiter>>

  private let ticker: EpochTicker
  /// Where calls go on that did not end in their first slice.
  let longCalls: LongCallExecutor

  /// - Parameter ticker: runs while a permit is out.
  init(permits: Int, ticker: EpochTicker) {
    self.state = Mutex(SchedulerState(permits: permits))
    self.ticker = ticker
    self.longCalls = LongCallExecutor(threads: permits)
  }

  var waiting: Int { state.withLock { $0.waiting } }
  var running: Int { state.withLock { $0.running } }

  /// Takes a permit, to be given back with ``release(_:)``, when one is free.
  func tryAcquire() -> Bool {
    guard state.withLock({ $0.tryAcquire() }) else { return false }
    ticker.guestStarts()
    return true
  }

  /// Returns once the caller has a permit.
  /// - Throws: `CancellationError` when the task is cancelled while waiting; there is no permit then.
  func acquire(for customer: CustomerKey) async throws(CancellationError) {
    try await wait { waiter in
      switch self.state.withLock({ $0.acquire(waiter, of: customer) }) {
      case .granted:
        ticker.guestStarts()
        return .granted
      case .waits(let ticket): return .waits(ticket, next: nil)
      }
    }
  }

  /// Gives a permit back and books what was used with it.
  func release(_ use: Use) {
    if let next = state.withLock({ $0.release(use) }) {
      next.resume(returning: true)
    } else {
      ticker.guestStops()
    }
  }

  /// At the end of a slice: lets others have their turn, and returns when it is the caller's again.
  /// - Throws: `CancellationError` when the task is cancelled while waiting; the permit is gone then.
  func rotate(_ use: Use) async throws(CancellationError) {
    guard state.withLock({ $0.waiting > 0 }) else { return }
    try await wait { waiter in
      switch self.state.withLock({ $0.rotate(waiter, use) }) {
      case .goesOn: .granted
      case .waits(let ticket, let next): .waits(ticket, next: next)
      }
    }
  }

  private enum Admission {
    case granted
    case waits(FairQueue<PermitWaiter>.Ticket, next: PermitWaiter?)
  }

  private func wait(_ enter: (PermitWaiter) -> Admission) async throws(CancellationError) {
    let place = Mutex<FairQueue<PermitWaiter>.Ticket?>(nil)
    let granted = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = PermitWaiter(continuation)
        switch enter(waiter) {
        case .granted: waiter.resume(returning: true)
        case .waits(let ticket, let next):
          next?.resume(returning: true)
          place.withLock { $0 = ticket }
          // The handler may have run before there was a ticket to cancel.
          if Task.isCancelled { cancel(ticket) }
        }
      }
    } onCancel: {
      if let ticket = place.withLock({ $0 }) { cancel(ticket) }
    }
    guard granted else { throw CancellationError() }
  }

  private func cancel(_ ticket: FairQueue<PermitWaiter>.Ticket) {
    state.withLock { $0.cancel(ticket) }?.resume(returning: false)
  }
}
