import RopewalkCore
import RopewalkJournal

extension SQLiteJournal {
  /// Whether a payload is kept in a file of its own.
  func isLarge(_ payload: [UInt8]) -> Bool {
    payload.count > settings.maxInlinePayload.bytes
  }

  /// Removes files again when what was to refer to them is not written.
  func removing<Value>(_ files: [String], ifFailed body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as RopewalkError {
      // After an input or output error nobody knows what is on disk; what is not needed is swept with the next opening.
      if error.code != .journalFailed { await remove(files) }
      throw error
    }
  }

  func remove(_ files: [String]) async {
    guard !files.isEmpty else { return }
    try? await payloads.perform { payloads in
      for file in files { payloads.remove(file) }
    }
  }

  /// - Returns: nil when nothing refers to the file any more.
  /// - Throws: when it should be there and is not.
  func payload(in file: String) async throws -> [UInt8]? {
    if let payload = try await payloads.perform({ try $0.read(file) }) { return payload }
    let isUsed = try await read { database in
      let statement = try PreparedStatement(PayloadFile.knownQuery, on: database)
      statement.bind(file, at: 1)
      return try statement.first { _ in true } ?? false
    }
    guard isUsed else { return nil }
    throw RopewalkError(
      .journalPayloadMissing,
      "the journal '\(folder.path)' needs the file 'payloads/\(file)', which is gone; put it back from a backup, and replay the message"
    )
  }
}
