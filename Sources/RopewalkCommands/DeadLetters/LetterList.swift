import RopewalkCore
import RopewalkJournal
import RopewalkPipeline

/// A page of dead letters, for people and for programs.
struct LetterList {
  /// Where nobody says how wide the terminal is.
  private static let defaultMessageWidth = 60
  private static let minMessageWidth = 20

  /// Without payloads.
  private(set) var letters: [DeadLetter] = []
  /// The same for programs, who are told how large the payloads are.
  private var objects: [JSON] = []
  /// Whether there are more that match.
  private(set) var hasMore = false

  /// Reads the first that match, oldest first.
  init(_ query: DeadLetterQuery, limit: Int, in journal: any Journal) async throws {
    var last: String?
    while !hasMore {
      let wanted = limit + 1 - letters.count
      let page = try await journal.deadLetters(matching: query, after: last, limit: wanted, maxSize: ReplayLimits.pageSize)
      for letter in page.letters.prefix(limit - letters.count) {
        objects.append(letter.json(withPayloads: false))
        letters.append(letter.withoutPayloads)
      }
      hasMore = page.letters.count == wanted
      guard !page.isEnd, let end = page.letters.last else { break }
      last = end.id
    }
  }

  /// - Parameters:
  ///   - width: the terminal's columns; nil where there is none.
  ///   - showsState: whether they can differ in it.
  func text(width: Int?, showsState: Bool, now: Timestamp = .now) -> String {
    var table = Table("ID", "AGE", "INTEGRATION", "CUSTOMER", "STAGE", "CODE")
    if showsState { table.header.append("STATE") }
    for letter in letters {
      let code = letter.guestCode.isEmpty ? letter.code : letter.guestCode
      var row = [letter.id, Age.text(of: letter.failedAt, now: now), letter.integration, letter.customer, letter.stage, code]
      if showsState { row.append(letter.state.name.rawValue) }
      table.rows.append(row.map { TerminalText.line($0, width: 40) })
    }
    let widths = table.header.indices.map { column in ([table.header] + table.rows).map { $0[column].count }.max() ?? 0 }
    let taken = widths.reduce(0) { $0 + $1 + 2 }
    let left = max(Self.minMessageWidth, width.map { $0 - taken } ?? Self.defaultMessageWidth)
    table.header.append("MESSAGE")
    for index in letters.indices { table.rows[index].append(TerminalText.line(letters[index].message, width: left)) }
    return table.text()
  }

  /// Without payloads.
  var json: JSON {
    ["letters": .array(objects), "more": .bool(hasMore)]
  }
}
