import Foundation
import GRDB
import RopewalkNATS

/// Where large payloads lie beside the journal. Nobody may run on it.
extension Host {
  /// What is in the journal's folder of payloads and no message nor dead letter refers to, and the other way round, in plain
  /// words. Nothing for a cluster, which has no such folder.
  func strayPayloads() throws -> [String] {
    guard nats == nil else { return [] }
    let journal = data + "/journal"
    let files = Set(try FileManager.default.contentsOfDirectory(atPath: journal + "/payloads"))
    var configuration = Configuration()
    configuration.readonly = true
    let used = try DatabaseQueue(path: journal + "/journal.sqlite", configuration: configuration).read { database in
      try String.fetchSet(
        database,
        sql: """
          SELECT name FROM files WHERE number IN (
            SELECT file FROM messages UNION SELECT payload_file FROM letter_bodies UNION SELECT original_file FROM letter_bodies
          )
          """
      )
    }
    return files.subtracting(used).sorted().map { "payloads/\($0) is there, and nothing refers to it" }
      + used.subtracting(files).sorted().map { "payloads/\($0) is gone, and something refers to it" }
  }

  /// The pieces of large payloads in a cluster's stream of them: those of dead letters, and the ledger's snapshot. Nil for one
  /// process.
  func payloadPieces() async throws -> Int? {
    guard let nats else { return nil }
    let connection = try await NATSConnection.connect(NATSOptions(servers: [nats]))
    return try await JetStream(connection).state(of: "ropewalk-default-bodies").messages
  }
}
