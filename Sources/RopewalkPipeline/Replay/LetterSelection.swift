import RopewalkCore
package import RopewalkJournal

/// The dead letters that a query means, in the order in which their messages were accepted.
///
/// Holds some 100 bytes a letter and no payloads, so that everything a journal can keep can be selected at once.
package struct LetterSelection: Sendable {
  private struct Place: Comparable {
    let receivedAt: Timestamp
    let id: String

    static func < (left: Place, right: Place) -> Bool {
      (left.receivedAt, left.id) < (right.receivedAt, right.id)
    }
  }

  /// In the order in which their messages were accepted.
  package private(set) var ids: [String] = []
  /// By integration, how many.
  package private(set) var integrations: [String: Int] = [:]

  /// Reads what matches now; letters that come later are not in it.
  /// - Throws: what the journal throws.
  package init(_ query: DeadLetterQuery, in journal: any Journal) async throws {
    var places: [Place] = []
    var last: String?
    while true {
      let page = try await journal.deadLetters(
        matching: query,
        after: last,
        limit: ReplayLimits.page,
        maxSize: ReplayLimits.pageSize
      )
      for letter in page.letters {
        places.append(Place(receivedAt: letter.receivedAt, id: letter.id))
        integrations[letter.integration, default: 0] += 1
      }
      guard !page.isEnd, let end = page.letters.last else { break }
      last = end.id
    }
    places.sort()
    ids = places.map(\.id)
  }
}
