/// A broker's end of a ``Multiplexer``: knocks before it opens a stream, and lets in who knocks.
final class Door: Sendable {
  let multiplexer: Multiplexer
  private let limits: HostLimits
  private let turns = Turns()
  /// An answer that nobody waits for comes too late, and is not kept for the next who knocks there.
  private let answers = BrokerOffers<Knock>(limit: 0)

  init(_ multiplexer: Multiplexer, limits: HostLimits) {
    self.multiplexer = multiplexer
    self.limits = limits
  }

  /// Serves under the number `id` what listens at `path`. Returns what the other side is to be told.
  func serves(_ id: UInt32, at path: String) -> ConnectionOffer? {
    multiplexer.serves(id, at: path) ? ConnectionOffer(service: id, knock: .answer) : nil
  }

  func stopsServing(_ id: UInt32) { multiplexer.stopsServing(id) }

  /// Takes a knock, or an answer to one. Returns what the other side is to be told.
  func received(_ knock: Knock, id: UInt32) -> ConnectionOffer? {
    guard knock.isKnock, !knock.isAnswer else {
      _ = answers.add(knock, id: id)
      return nil
    }
    switch multiplexer.knocked(id) {
    case .admitted: return ConnectionOffer(service: id, knock: .answer)
    case .kept: return nil
    case .refused:
      return ConnectionOffer(
        service: id,
        knock: Knock(isKnock: true, isAnswer: true, error: "more connections are asked for than are served")
      )
    }
  }

  /// Knocks at what the other side serves under the number `id`, and runs `open`, which is to open the stream, when it
  /// may. One after the other, because the other side takes the next stream that comes for the one.
  ///
  /// Throws what `open` throws, `brokerTimedOut`, `brokerClosed`, or `connectionFailed` when the other side refuses.
  func enter<Result>(
    _ id: UInt32,
    telling send: @escaping @Sendable (ConnectionOffer) throws -> Void,
    _ open: () async throws -> Result
  ) async throws -> Result {
    try await turns.take {
      let answer = try await answers.wait(for: id, atMost: limits.brokerTimeout) {
        try send(ConnectionOffer(service: id, knock: .knock))
      }
      guard answer.isKnock, answer.error.isEmpty else {
        throw GoPluginError(.connectionFailed, "the other side refuses connection \(id): \(answer.error.prefix(256))")
      }
      return try await open()
    }
  }

  func close() { answers.close() }
}
