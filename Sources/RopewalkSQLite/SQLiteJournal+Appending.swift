import RopewalkCore
package import RopewalkJournal

extension SQLiteJournal {
  package func append(_ entries: [JournalEntry]) async throws -> [AppendResult] {
    guard !entries.isEmpty else { return [] }
    try damage.check()
    for entry in entries { try check(entry) }
    let prepared = entries.map { PreparedEntry($0, isLarge: isLarge($0.message.payload)) }
    guard prepared.contains(where: \.isLarge) else { return try await write(prepared) }
    guard role == .owner else { return try await writeAsVisitor(prepared) }
    let filed = try await payloads.perform { try self.file(prepared, in: $0) }
    let results = try await removing(filed.compactMap { $0.file?.name }) { try await self.write(filed) }
    await remove(Self.unused(filed, results))
    return results
  }

  private func write(_ prepared: [PreparedEntry]) async throws -> [AppendResult] {
    try await writing.perform { writer in
      try prepared.map { try writer.append($0) }
    }
  }

  /// Makes the files while nobody else can write, so that an owner who begins just now does not take them for remains.
  private func writeAsVisitor(_ prepared: [PreparedEntry]) async throws -> [AppendResult] {
    let (filed, results) = try await writing.perform { [payloads] writer in
      let filed = try self.file(prepared, in: payloads)
      return (filed, try filed.map { try writer.append($0) })
    }
    await remove(Self.unused(filed, results))
    return results
  }

  private func file(_ prepared: [PreparedEntry], in payloads: PayloadFolder) throws -> [PreparedEntry] {
    var filed: [PreparedEntry] = []
    do {
      for var entry in prepared {
        if entry.isLarge { entry.keep(in: try payloads.write(entry.entry.message.payload)) }
        filed.append(entry)
      }
    } catch {
      for file in filed.compactMap(\.file) { payloads.remove(file.name) }
      throw error
    }
    return filed
  }

  /// The files of entries that were not taken.
  private static func unused(_ filed: [PreparedEntry], _ results: [AppendResult]) -> [String] {
    zip(filed, results).compactMap { entry, result in
      if case .accepted = result { nil } else { entry.file?.name }
    }
  }
}
