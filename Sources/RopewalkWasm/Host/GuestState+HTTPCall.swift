import RopewalkCore
import RopewalkPlugins
import Wasmtime

extension GuestState {
  /// `http_call`: begins a call, or answers at once why it is not made.
  func beginExchange(_ memory: borrowing MemoryView, request bytes: GuestBytes) throws -> HostFuture {
    hostCall = try admitExchange(memory, bytes)
    return awaitedAnswer
  }

  private func admitExchange(_ memory: borrowing MemoryView, _ bytes: GuestBytes) throws -> HostCall {
    guard isGranted(.httpCall) else { return .answered(GuestStatus.denied.rawValue) }
    guard exchangeCount < program.http.maxCallsPerMessage else {
      let calls = program.http.maxCallsPerMessage == 1 ? "1 HTTP call" : "\(program.http.maxCallsPerMessage) HTTP calls"
      return .answered(answer(error: "one message may make \(calls) in a step; make fewer, or raise 'http.maxCalls'"))
    }
    // The body may be twice its size as JSON; what is sent is checked against the limit itself.
    guard Int(bytes.length) <= 2 * program.http.maxRequestSize.bytes + Self.requestOverhead else {
      return .answered(answer(error: program.http.requestTooLarge))
    }
    let request: OutboundHTTP.Request
    do {
      request = try OutboundHTTP.Request(json: try memory.bytes(at: bytes.offset, count: bytes.length))
    } catch let error as HTTPRequestError {
      return .answered(answer(error: error.message))
    }
    guard request.body.count <= program.http.maxRequestSize.bytes else {
      return .answered(answer(error: program.http.requestTooLarge))
    }
    exchangeCount += 1
    return .wanted(.http(request))
  }

  /// Bytes that a request's JSON may have beside the body.
  private static var requestOverhead: Int { 64 << 10 }

  /// Makes the answer of a call the guest's result.
  func endExchange(_ answer: Result<OutboundHTTP.Response, OutboundHTTP.Failure>) {
    switch answer {
    case .success(let response):
      let json = response.json
      let limit = program.limits.maxOutputSize
      hostCall = .answered(
        json.count <= limit.bytes
          ? self.answer(json)
          : self.answer(error: "the answer is, as JSON, larger than 'maxOutputSize' (\(limit)) allows; ask for less, or raise it")
      )
    case .failure(let failure): hostCall = .answered(self.answer(error: failure.description))
    }
  }
}
