import NIOCore
import RopewalkConnector
import RopewalkCore
import Synchronization

/// Where lines go, and which connections they come over.
final class LineIntake: Sendable {
  private struct State {
    var inbox: Inbox?
    var connections: [ObjectIdentifier: any Channel] = [:]
  }

  private let state = Mutex(State())

  func open(_ inbox: Inbox) { state.withLock { $0.inbox = inbox } }

  func close() { state.withLock { $0.inbox = nil } }

  func add(_ channel: any Channel) { state.withLock { $0.connections[ObjectIdentifier(channel)] = channel } }

  func remove(_ channel: any Channel) { state.withLock { $0.connections[ObjectIdentifier(channel)] = nil } }

  func closeConnections() {
    for channel in state.withLock({ $0.connections.values.map { $0 } }) { channel.close(promise: nil) }
  }

  /// What a line's sender is answered.
  func answer(to line: [UInt8]) async -> String {
    guard let inbox = state.withLock(\.inbox) else { return "again 1000\n" }
    switch await inbox.accept(Message(payload: line, contentType: "text/plain")) {
    case .accepted, .duplicate: return "ok\n"
    case .refused(let refusal) where refusal.reason.isFinal: return "no\n"
    case .refused(let refusal): return "again \(max(1, Int(refusal.retryAfter.seconds * 1000)))\n"
    }
  }
}
