package import RopewalkCore
package import RopewalkJournal

extension JetStreamJournal {
  package func deadLetters(
    matching query: DeadLetterQuery,
    after id: String?,
    limit: Int,
    maxSize: ByteCount
  ) async throws -> DeadLetterPage {
    guard limit > 0 else { return DeadLetterPage(isEnd: false) }
    try await catchUp()
    let matching = follower.read { ledger in
      ledger.letters.values.filter { letter in
        (id.map { letter.record.id > $0 } ?? true) && query.matches(letter.summary)
      }.sorted { $0.record.id < $1.record.id }.prefix(limit)
    }
    var page = DeadLetterPage(isEnd: matching.count < limit)
    for letter in matching {
      // Only the letter itself says how large it is.
      guard page.size < maxSize.bytes || page.letters.isEmpty else {
        page.isEnd = false
        break
      }
      guard let stored = try await jetStream.message(letter.record.sequence, of: names.dead) else { continue }
      let bytes = if let body = stored.note { try await bodies.get(body) } else { stored.payload }
      page.append(try DeadLetter(bytes: bytes, state: letter.state))
    }
    return page
  }
}
