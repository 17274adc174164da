package import RopewalkConnector
package import RopewalkCore
package import RopewalkJournal

/// What a run of the incoming role has for a journal: the cluster's takes each message, and there it is done with it.
package struct EntranceJournal: Journal {
  private let cluster: JetStreamJournal
  private let destinations: [String]

  /// - Parameter destinations: what the integration's messages are accepted for.
  package init(_ cluster: JetStreamJournal, destinations: [String]) {
    self.cluster = cluster
    self.destinations = destinations
  }

  package func append(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    try await cluster.append(
      entries.map { entry in
        var entry = entry
        entry.destinations = destinations
        return entry
      }
    ).map { result in
      // Other nodes settle it.
      if case .accepted(let position) = result { cluster.forget(position) }
      return result
    }
  }

  package func settle(_ settlements: [Settlement], deadLetters: [DeadLetter]) async throws {}
  package func unsettled(
    in lane: JournalLane,
    after position: JournalPosition?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> UnsettledPage { UnsettledPage([], isEnd: true) }
  package func ledger() async throws -> [LedgerEntry] { [] }

  package func deadLetters(matching query: DeadLetterQuery, after id: String?, limit: Int) async throws -> [DeadLetter] {
    try await cluster.deadLetters(matching: query, after: id, limit: limit)
  }

  package func discard(deadLetters ids: [String], reason: String) async throws -> Int {
    try await cluster.discard(deadLetters: ids, reason: reason)
  }
}

/// The one destination of a run of the incoming role: the cluster, which has the message already.
package struct EntranceSink: ConnectionNode {
  package init() {}

  package var metadata: PluginMetadata {
    PluginMetadata(id: "nats", name: "nats", supportedTypes: [], description: "the cluster")
  }

  package func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] { [] }
  package func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {}
  package func disconnect() async {}
  package func send(_ message: Message) async throws(ConnectionError) {}
}
