import GRPCCore
import Synchronization

/// The one task that writes frames, as long as there are any to write.
extension ServedExchange {
  private enum Step {
    case write(Machine.Plan)
    case park
    case end
  }

  func write(to writer: RPCWriter<Machine.Plan>) async throws {
    try await withTaskCancellationHandler {
      while true {
        switch nextStep() {
        case .write(let plan): try await writer.write(plan)
        case .park: await park()
        case .end: return
        }
      }
    } onCancel: {
      for ticket in change({ $0.end() }) { ticket.resume(returning: .refused(Self.streamEnded)) }
    }
  }

  private func nextStep() -> Step {
    state.withLock { state in
      if let plan = state.machine.next() { return .write(plan) }
      return state.machine.isEnded ? .end : .park
    }
  }

  private func park() async {
    await withCheckedContinuation { continuation in
      let goesOn = state.withLock { state in
        if state.machine.isEnded || state.machine.hasNext { return true }
        state.parking.park(continuation)
        return false
      }
      if goesOn { continuation.resume() }
    }
  }
}
