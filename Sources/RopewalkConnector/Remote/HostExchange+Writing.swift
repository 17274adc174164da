import GRPCCore
import Synchronization

extension HostExchange: FrameWriting {
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

  func write(to writer: RPCWriter<Machine.Plan>) async throws {
    try await write(to: writer) { end(Self.givenUp) }
  }

  func withWriting<Result: Sendable>(_ body: (inout Machine, inout Parking) -> Result) -> Result {
    state.withLock { body(&$0.machine, &$0.parking) }
  }
}
