import GRPCCore
import Synchronization

/// What becomes of the connector's frames.
extension HostExchange {
  func read(_ response: StreamingClientResponse<ConnectorFrame>) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for try await frame in response.messages {
        switch try state.withLock({ state throws(ProtocolViolation) in try state.machine.received(frame) }) {
        case .nothing: wake()
        case .opened:
          opened.set(nil)
          wake()
        case .refused(let error): throw error
        case .messages(let arrivals): accept(arrivals, in: &group)
        case .outcomes(let outcomes):
          wake()
          for (ticket, error) in outcomes { ticket.resume(returning: error) }
        case .sourceEnded(let error):
          sourceFailure.set(error)
          wake()
        }
      }
    }
  }

  private func wake() { state.withLock { $0.parking.wake() }?.resume() }

  /// The messages go to the inbox at once, in the order of arrival, and each waits there in a task of its own if it has to.
  private func accept(_ arrivals: [Arrival], in group: inout ThrowingDiscardingTaskGroup<any Error>) {
    guard let receiver else { return }
    beginEach(arrivals, addImmediateTask: { task in group.addImmediateTask { await task() } }) { arrival in
      let acceptance = await receiver.accept(arrival.message, position: arrival.position)
      self.change { state in
        // Within the change: of two answers at once the later position must be set last.
        if let position = state.acceptance(acceptance, of: arrival.sequence) { receiver.position.set(position) }
      }
    }
  }
}
