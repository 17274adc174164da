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
      }.sorted { $0.record.id < $1.record.id }
    }
    var page = DeadLetterPage(isEnd: true)
    // Letters that are not there any more make room for further ones.
    for letter in matching {
      // Only the letter itself says how large it is.
      guard page.letters.count < limit, page.size < maxSize.bytes || page.letters.isEmpty else {
        page.isEnd = false
        break
      }
      if let letter = try await read(letter) { page.append(letter) }
    }
    return page
  }
}
