import Foundation
import GRDB
import RopewalkCore
import RopewalkJournal
import RopewalkSQLite
import Testing

/// What changes a journal's bytes behind its back.
extension Folder {
  /// Turns the lowest bit of the first letter wherever the database has these words, or only where it has them last; nobody may have it
  /// open.
  func flip(_ words: String, onlyLast: Bool = false) throws {
    let url = URL(fileURLWithPath: database)
    var bytes = try Data(contentsOf: url)
    var (rest, places): (Range<Int>, [Int]) = (bytes.startIndex..<bytes.endIndex, [])
    while let place = bytes.range(of: Data(words.utf8), in: rest) {
      places.append(place.lowerBound)
      rest = place.upperBound..<bytes.endIndex
    }
    try #require(!places.isEmpty, "the database does not have '\(words)'")
    for place in places.suffix(onlyLast ? 1 : places.count) { bytes[place] ^= 1 }
    try bytes.write(to: url)
  }

  /// Changes one row.
  func change(_ sql: String) throws {
    let queue = try DatabaseQueue(path: database)
    let count = try queue.write { database in
      try database.execute(sql: sql)
      return database.changesCount
    }
    try queue.close()
    try #require(count == 1, "\(sql)")
  }
}

extension JournalEntry {
  /// For two destinations, with words that can be found in the database.
  static func marked(_ number: Int, customer: String = "acme") -> JournalEntry {
    var entry = sample("m\(number)", customer: customer, payload: Array("payload of m\(number)".utf8), destinations: ["a", "b"])
    entry.message.headers = MessageHeaders([.init(name: "X-A", value: "header of m\(number)")])
    entry.message.timestamp = Timestamp(nanoseconds: 1_795_219_200_000_000_000 + Int64(number))
    return entry
  }
}

extension UnsettledEntry {
  /// As the pipeline makes it of a message that cannot be read.
  func lost(id: String = "L1x") -> DeadLetter {
    var letter = DeadLetter.sample(id, of: JournalEntry(message: message, destinations: destinations))
    (letter.damage, letter.headers, letter.replayOf) = (damage, message.headers, replay?.letterID)
    return letter
  }

  /// All of its destinations given up, with a letter.
  func ends(_ letter: String = "L1x") -> [Settlement] {
    destinations.map { .end(position, .deadLettered, at: $0, letter: letter) }
  }
}
