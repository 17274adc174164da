import GRPCCore

/// What says which frame of a stream is to be written next.
protocol FrameMachine {
  associatedtype Plan: Sendable

  /// Whether there will be none any more.
  var isEnded: Bool { get }
  var hasNext: Bool { get }
  mutating func next() -> Plan?
}

/// One side of a stream. One task writes its frames, as long as there are any to write.
protocol FrameWriting: Sendable {
  associatedtype Machine: FrameMachine

  /// Runs `body` within the lock that holds both.
  func withWriting<Result: Sendable>(_ body: (inout Machine, inout Parking) -> Result) -> Result
}

extension FrameWriting {
  /// Writes until the machine has ended.
  /// - Parameter onCancel: ends the machine, when the task is cancelled.
  func write(to writer: RPCWriter<Machine.Plan>, onCancel: @Sendable () -> Void) async throws {
    try await withTaskCancellationHandler {
      while true {
        if let plan = withWriting({ machine, _ in machine.next() }) {
          try await writer.write(plan)
        } else if withWriting({ machine, _ in machine.isEnded }) {
          return
        } else {
          await park()
        }
      }
    } onCancel: {
      onCancel()
    }
  }

  private func park() async {
    await withCheckedContinuation { continuation in
      let goesOn = withWriting { machine, parking in
        if machine.isEnded || machine.hasNext { return true }
        parking.park(continuation)
        return false
      }
      if goesOn { continuation.resume() }
    }
  }
}
