import RopewalkPlugins

/// What a guest asks of the host and waits for.
extension GuestInstance {
  /// Makes the call that the guest waits for. Nobody's turn or thread is held meanwhile.
  func makeHostCall(_ turn: inout GuestTurn) async throws {
    guard case .wanted(let request) = state.hostCall else { return }
    switch request {
    case .http(let request): try await makeHTTPCall(request, &turn)
    case .client(let request): try await makeClientCall(request, &turn)
    }
  }

  private func makeClientCall(_ request: [UInt8], _ turn: inout GuestTurn) async throws {
    guard case .controller(let controller) = program.role else { return }
    state.endClientCall(try await turn.wait { await controller.client.call(request) })
  }

  private func makeHTTPCall(_ request: OutboundHTTP.Request, _ turn: inout GuestTurn) async throws {
    var policy = program.http
    policy.timeout = min(policy.timeout, turn.remaining)
    let outbound = program.outbound
    let answer = try await turn.wait { () async -> Result<OutboundHTTP.Response, OutboundHTTP.Failure> in
      do throws(OutboundHTTP.Failure) {
        return .success(try await outbound.perform(request, under: policy))
      } catch {
        return .failure(error)
      }
    }
    state.endExchange(answer)
  }
}
