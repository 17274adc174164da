import GRPCCore
import Synchronization

extension ServedExchange: FrameWriting {
  func write(to writer: RPCWriter<Machine.Plan>) async throws {
    try await write(to: writer) {
      for ticket in change({ $0.end() }) { ticket.resume(returning: .refused(Self.streamEnded)) }
    }
  }

  func withWriting<Result: Sendable>(_ body: (inout Machine, inout Parking) -> Result) -> Result {
    state.withLock { body(&$0.machine, &$0.parking) }
  }
}
