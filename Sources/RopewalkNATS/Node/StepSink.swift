package import RopewalkConnector
package import RopewalkCore
import RopewalkJournal
import Synchronization

/// Passes a message on to a destination's queue, from which a node of the outgoing role takes it.
package struct StepSink: ConnectionNode {
  let desk: StepDesk
  let destination: String

  package var metadata: PluginMetadata {
    PluginMetadata(id: "nats", name: "nats", supportedTypes: [], description: "the step behind, on another node")
  }

  package func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  package func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  package func disconnect() async {}

  package func send(_ message: Message) async throws(ConnectionError) {
    guard let entry = desk.table.withLock({ $0.entry(StepTable.Key(message)) }), entry.open.contains(destination),
      !desk.cluster.follower.read({ $0.hasEnded(entry.position, at: destination) })
    else { return }
    do {
      try await pass(message, of: entry)
    } catch {
      throw ConnectionError(.sendFailed, "\(error)", recoverable: true)
    }
  }

  private func pass(_ message: Message, of entry: StepTable.Entry) async throws {
    let cluster = desk.cluster
    var note = EntryNote(JournalEntry(message: message, destinations: entry.note.destinations, replay: entry.note.replay))
    note.position = entry.position
    note.acceptedBody = entry.note.body
    note.orderingKey = desk.orderingKeyToPass(entry)
    var payload = message.payload
    var ownBody: String?
    if payload.count > BodyStore.threshold {
      // The message that was accepted stays until its last pair has ended, and its body with it.
      let isUnchanged = entry.note.body != nil && payload == entry.message.payload
      if !isUnchanged { ownBody = try await cluster.bodies.put(payload, of: .hop(entry.position)) }
      note.body = ownBody ?? entry.note.body
      payload = []
    }
    let subject = cluster.names.step(entry.note.line, to: destination)
    let identity = "\(entry.position):\(TenantNames.token(destination))"
    let outgoing = NATSOutgoing(subject, headers: [("Nats-Msg-Id", identity), ("Ropewalk", note.text)], payload: payload)
    switch try await cluster.publisher.publish(outgoing) {
    case .stored(_, let isDuplicate, let mayBeOurs):
      // It was passed on before, by this node or another.
      if isDuplicate, !mayBeOurs, let ownBody { await cluster.bodies.remove(ownBody) }
    case .refused(let refusal):
      if let ownBody { await cluster.bodies.remove(ownBody) }
      throw cluster.unwritable(refusal, cluster.names.steps)
    }
  }
}
