import FoundationEssentials
import GRPCCore
import GoPlugin
import RopewalkCore
import SwiftProtobuf

/// Receives from a connector without a stream, by one call of `Receive` after another.
struct ReceivingCalls {
  let connectionID: String
  let client: GRPCClient<PluginTransport>
  let receiver: HostExchange.Receiver

  private struct Session {
    var lastSequence: UInt64 = 0
    var positions: PositionTracker
    var receipts: [WireReceipt] = []
  }

  /// Returns when the source has ended, or the task was cancelled and the connector has the receipts of all it sent.
  func run(resumePosition: [UInt8]) async throws(ConnectionError) {
    var session = Session(positions: PositionTracker(limit: receiver.limits.refusedPositions))
    var request = WireReceiveRequest()
    request.connectionID = connectionID
    request.maxMessages = UInt32(clamping: receiver.limits.receiveBatch)
    request.wait = Google_Protobuf_Duration(receiver.limits.receiveWait)
    request.resumePosition = Data(resumePosition)
    while true {
      request.receipts = session.receipts
      session.receipts = []
      let response: WireReceiveResponse
      do {
        response = try await call(request)
      } catch {
        if Task.isCancelled { return }
        throw error
      }
      request.resumePosition = Data()
      try await take(response.messages, in: &session)
      if response.hasError {
        await settle(session.receipts)
        throw ConnectionError(wire: response.error)
      }
      if response.ended || Task.isCancelled {
        await settle(session.receipts)
        return
      }
    }
  }

  private func call(_ request: WireReceiveRequest) async throws(ConnectionError) -> WireReceiveResponse {
    let limits = receiver.limits
    do {
      return try await client.unary(
        ConnectorMethods.receive,
        request,
        timeout: limits.receiveWait + limits.callTimeout,
        answerLength: nil,
        repeated: [[1], [1, 2, 5]]
      )
    } catch {
      throw ConnectionError(anyError: error, during: .receiveFailed)
    }
  }

  /// Tells the connector the last receipts, also when the task is cancelled.
  private func settle(_ receipts: [WireReceipt]) async {
    guard !receipts.isEmpty else { return }
    var request = WireReceiveRequest()
    request.connectionID = connectionID
    request.receipts = receipts
    let call = request
    // A task of its own, so that being cancelled does not keep the receipts back; it is waited for, and bounded.
    _ = await Task { try? await self.call(call) }.value
  }

  private func take(_ messages: [WireIncomingMessage], in session: inout Session) async throws(ConnectionError) {
    let arrivals: [Arrival]
    do throws(ProtocolViolation) {
      arrivals = try check(messages, in: &session)
    } catch {
      throw ConnectionError(error)
    }
    let receiver = receiver
    let acceptances = await withTaskGroup(of: (UInt64, Acceptance).self, returning: [(UInt64, Acceptance)].self) { group in
      for arrival in arrivals {
        group.addImmediateTask {
          (arrival.sequence, await receiver.accept(arrival.message, position: arrival.position))
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    for (sequence, acceptance) in acceptances.sorted(by: { $0.0 < $1.0 }) {
      session.receipts.append(WireReceipt(acceptance, sequence: sequence))
      if case .refused(let refusal) = acceptance, !refusal.reason.isFinal {
        session.positions.refused(sequence)
      } else if let position = session.positions.settled(sequence) {
        receiver.position.set(position)
      }
    }
  }

  private func check(_ messages: [WireIncomingMessage], in session: inout Session) throws(ProtocolViolation) -> [Arrival] {
    guard messages.count <= receiver.limits.receiveBatch else { throw ProtocolViolation("it sends more messages than it was asked for") }
    var arrivals: [Arrival] = []
    for message in messages {
      let arrival = Arrival(message)
      guard arrival.sequence == session.lastSequence + 1, arrival.chunkedLength == 0 else {
        throw ProtocolViolation(
          "it sends message \(arrival.sequence) where message \(session.lastSequence + 1) is next, or one in chunks"
        )
      }
      session.lastSequence += 1
      try arrival.checkPosition()
      try session.positions.offered(arrival.sequence, id: arrival.message.id, position: arrival.position)
      arrivals.append(arrival)
    }
    return arrivals
  }
}
