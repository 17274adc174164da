import RopewalkCore
import Wasmtime

extension GuestState {
  /// `client`: begins a request to the objects, or answers at once why it is not made.
  func beginClientCall(_ memory: borrowing MemoryView, request bytes: GuestBytes) throws -> HostFuture {
    hostCall = try admitClientCall(memory, bytes)
    return awaitedAnswer
  }

  private func admitClientCall(_ memory: borrowing MemoryView, _ bytes: GuestBytes) throws -> HostCall {
    guard case .controller(let controller) = program.role else { return .answered(GuestStatus.denied.rawValue) }
    guard clientCallCount < controller.limits.clientCalls else {
      return .answered(
        answer(error: GuestClient.refusal("client.tooManyCalls", "one call may make \(controller.limits.clientCalls) requests"))
      )
    }
    guard Int(bytes.length) <= controller.limits.requestSize.bytes else { return .answered(GuestStatus.tooLarge.rawValue) }
    clientCallCount += 1
    return .wanted(.client(try memory.bytes(at: bytes.offset, count: bytes.length)))
  }

  /// Makes the answer of a request the guest's result.
  func endClientCall(_ answer: GuestClient.Answer) {
    switch answer {
    case .done(let bytes): hostCall = .answered(self.answer(bytes))
    case .refused(let bytes): hostCall = .answered(self.answer(error: bytes))
    }
  }

  /// Answers that something failed; the result says why, as JSON.
  private func answer(error reason: [UInt8]) -> Int32 {
    result = reason
    return GuestStatus.error.rawValue
  }
}
