import GRPCCore
import Synchronization

/// The one task that writes frames, as long as there are any to write.
extension HostExchange {
  func beginWriting() -> Bool {
    state.withLock { state in
      guard state.writing == .notBegun else { return false }
      state.writing = .begun
      return true
    }
  }

  /// From now on a writer does not begin. True when it has begun already.
  func forbidWriting() -> Bool {
    state.withLock { state in
      guard state.writing == .notBegun else { return true }
      state.writing = .forbidden
      return false
    }
  }

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
      end(Self.givenUp)
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
