import Synchronization

/// Where what the other side of a broker offers waits for those who want it, and they for it.
final class BrokerOffers<Offer: Sendable>: Sendable {
  private typealias Waiter = CheckedContinuation<Offer, any Error>

  private let state: Mutex<BrokerStateMachine<Offer, Waiter>>

  /// At most `limit` offers lie unclaimed.
  init(limit: Int) {
    state = Mutex(BrokerStateMachine(limit: limit))
  }

  /// Returns false when too many lie there, or nothing is offered any more.
  func add(_ offer: Offer, id: UInt32) -> Bool {
    switch state.withLock({ $0.offered(offer, id: id) }) {
    case .kept: return true
    case .handOver(let offer, let waiter):
      waiter.resume(returning: offer)
      return true
    case .refused: return false
    }
  }

  func close() {
    for waiter in state.withLock({ $0.close() }) { waiter.resume(throwing: GoPluginError.brokerClosed) }
  }

  /// Waits for what is offered under the number `id`. `asking` is called when an offer cannot be missed any more. Throws
  /// what `asking` throws, `brokerTimedOut`, `brokerClosed` or `CancellationError`.
  func wait(for id: UInt32, atMost timeout: Duration, asking: @escaping @Sendable () throws -> Void = {}) async throws -> Offer {
    try await withThrowingTaskGroup(of: Offer?.self) { group in
      group.addTask { try await self.wait(for: id, asking: asking) }
      group.addTask {
        try await Task.sleep(for: timeout)
        return nil
      }
      defer { group.cancelAll() }
      guard let offer = try await group.next() ?? nil else {
        throw GoPluginError(.brokerTimedOut, "the other side offered no connection \(id) within \(timeout)")
      }
      return offer
    }
  }

  private func wait(for id: UInt32, asking: @Sendable () throws -> Void) async throws -> Offer {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let awaited = state.withLock { state in
          Task.isCancelled ? .fail(.brokerClosed) : state.awaits(id, as: continuation)
        }
        switch awaited {
        case .available(let offer): continuation.resume(returning: offer)
        case .fail(let error): continuation.resume(throwing: error)
        case .wait:
          do {
            try asking()
          } catch {
            state.withLock { $0.stopsWaiting(id) }?.resume(throwing: error)
          }
        }
      }
    } onCancel: {
      state.withLock { $0.stopsWaiting(id) }?.resume(throwing: CancellationError())
    }
  }
}
