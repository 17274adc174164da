import Synchronization

/// The live instances of all steps, under one limit. Calls for one instance follow one another in order.
final class InstancePool: Sendable {
  typealias Grant = InstanceGrant<GuestInstance>

  private let state: Mutex<InstancePoolState<GuestInstance, Waiter<Result<Grant, Refusal>>>>

  init(maxInstances: Int, maxWaiting: Int) {
    self.state = Mutex(InstancePoolState(limits: .init(instances: max(1, maxInstances), waiting: maxWaiting)))
  }

  var live: Int { state.withLock { $0.live } }

  enum Refusal: Error {
    case cancelled
    /// The limit of waiting messages is reached.
    case full
  }

  /// The key's instance, or a seat to create it on, to be given back with ``checkIn(_:_:)``; nil when it takes waiting.
  func tryCheckOut(_ key: InstanceKey) -> Grant? {
    guard var grant = state.withLock({ $0.tryCheckOut(key) }) else { return nil }
    // Gives its memory back before a new instance asks for some.
    grant.evicted = nil
    return grant
  }

  /// The same, as soon as it can be had.
  func checkOut(_ key: InstanceKey) async throws(Refusal) -> Grant {
    var grant = try await wait(for: key)
    grant.evicted = nil
    return grant
  }

  func checkIn(_ seat: InstanceSeat, _ instance: GuestInstance?) {
    guard let next = state.withLock({ $0.checkIn(seat, instance) }) else { return }
    next.waiter.resume(returning: .success(next.grant))
  }

  /// Drops the idle instances of a node.
  func removeIdle(ofNode node: Int) {
    _ = state.withLock { $0.removeIdle(ofNode: node) }
  }

  private func wait(for key: InstanceKey) async throws(Refusal) -> Grant {
    let place = Mutex<InstanceTicket?>(nil)
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = Waiter<Result<Grant, Refusal>>(continuation)
        switch state.withLock({ $0.checkOut(key, waiter) }) {
        case .granted(let grant): waiter.resume(returning: .success(grant))
        case .full: waiter.resume(returning: .failure(.full))
        case .waits(let ticket):
          place.withLock { $0 = ticket }
          // The handler may have run before there was a ticket to cancel.
          if Task.isCancelled { cancel(ticket) }
        }
      }
    } onCancel: {
      if let ticket = place.withLock({ $0 }) { cancel(ticket) }
    }
    return try answer.get()
  }

  private func cancel(_ ticket: InstanceTicket) {
    state.withLock { $0.cancel(ticket) }?.resume(returning: .failure(.cancelled))
  }
}
