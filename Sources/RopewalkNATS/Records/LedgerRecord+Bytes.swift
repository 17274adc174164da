import RopewalkCore
import RopewalkJournal

extension LedgerRecord {
  private static let version: UInt64 = 1

  var bytes: [UInt8] {
    var texts = TextTable()
    var body = ByteWriter()
    body.write(settled) { $0.write($1, &texts) }
    body.write(letters) { $0.write($1, &texts) }
    body.write(replayed) {
      $0.write($1.letterID)
      $0.write($1.position)
      $0.write(Int($1.time.nanoseconds))
    }
    body.write(discarded) {
      $0.write($1.letterID)
      $0.write(texts.place(of: $1.reason))
      $0.write(Int($1.time.nanoseconds))
    }
    body.write(forgotten) { $0.write($1) }
    body.write(duplicates) {
      $0.write($1.line, &texts)
      $0.write($1.count)
    }
    var writer = ByteWriter()
    writer.write(Self.version)
    writer.write(texts.texts) { $0.write($1) }
    writer.append(body)
    return writer.bytes
  }

  /// - Throws: `nats.record.unreadable`.
  init(bytes: [UInt8], sequence: UInt64) throws(RopewalkError) {
    var reader = ByteReader(bytes, what: "record \(sequence) of the ledger")
    try reader.expect(version: Self.version)
    let texts = try reader.readArray { (reader) throws(RopewalkError) in try reader.readString() }
    settled = try reader.readArray { (reader) throws(RopewalkError) in try reader.readSettled(texts) }
    letters = try reader.readArray { (reader) throws(RopewalkError) in try reader.readLetter(texts) }
    replayed = try reader.readArray { (reader) throws(RopewalkError) in
      Replayed(letterID: try reader.readString(), position: try reader.readUnsigned(), time: try reader.readTime())
    }
    discarded = try reader.readArray { (reader) throws(RopewalkError) in
      Discarded(letterID: try reader.readString(), reason: try reader.readText(texts), time: try reader.readTime())
    }
    forgotten = try reader.readArray { (reader) throws(RopewalkError) in try reader.readString() }
    duplicates = try reader.readArray { (reader) throws(RopewalkError) in
      Duplicates(line: try reader.readLine(texts), count: try reader.readInt())
    }
    guard reader.isAtEnd else { throw reader.damaged() }
  }
}

/// Texts that come again and again in a record, each written once.
struct TextTable {
  private(set) var texts: [String] = []
  private var places: [String: Int] = [:]

  mutating func place(of text: String) -> Int {
    if let place = places[text] { return place }
    places[text] = texts.count
    texts.append(text)
    return texts.count - 1
  }
}

extension ByteWriter {
  mutating func write(_ line: LedgerRecord.Line, _ texts: inout TextTable) {
    write(texts.place(of: line.integration))
    write(texts.place(of: line.customer))
  }

  mutating func write(_ settled: LedgerRecord.Settled, _ texts: inout TextTable) {
    write(settled.position)
    write(settled.line, &texts)
    write(settled.destinations) { $0.write(texts.place(of: $1)) }
    write(settled.replayOf ?? "")
    write(settled.ends) {
      $0.write(texts.place(of: $1.destination))
      $0.write($1.outcome.number)
    }
  }

  mutating func write(_ letter: LedgerRecord.Letter, _ texts: inout TextTable) {
    write(letter.id)
    write(letter.sequence)
    write(letter.line, &texts)
    for text in [letter.stage, letter.code, letter.guestCode] { write(texts.place(of: text)) }
    write(Int(letter.failedAt.nanoseconds))
  }
}

extension ByteReader {
  mutating func readTime() throws(RopewalkError) -> Timestamp {
    Timestamp(nanoseconds: Int64(try readInt()))
  }

  mutating func readText(_ texts: [String]) throws(RopewalkError) -> String {
    let place = try readInt()
    guard texts.indices.contains(place) else { throw damaged() }
    return texts[place]
  }

  mutating func readLine(_ texts: [String]) throws(RopewalkError) -> LedgerRecord.Line {
    LedgerRecord.Line(integration: try readText(texts), customer: try readText(texts))
  }

  mutating func readOutcome() throws(RopewalkError) -> Settlement.Outcome {
    let number = try readInt()
    guard Settlement.Outcome.allCases.indices.contains(number) else { throw damaged() }
    return Settlement.Outcome.allCases[number]
  }

  mutating func readSettled(_ texts: [String]) throws(RopewalkError) -> LedgerRecord.Settled {
    LedgerRecord.Settled(
      position: try readUnsigned(),
      line: try readLine(texts),
      destinations: try readArray { (reader) throws(RopewalkError) in try reader.readText(texts) },
      replayOf: try readString().nonEmpty,
      ends: try readArray { (reader) throws(RopewalkError) in
        LedgerRecord.Settled.End(destination: try reader.readText(texts), outcome: try reader.readOutcome())
      }
    )
  }

  mutating func readLetter(_ texts: [String]) throws(RopewalkError) -> LedgerRecord.Letter {
    LedgerRecord.Letter(
      id: try readString(),
      sequence: try readUnsigned(),
      line: try readLine(texts),
      stage: try readText(texts),
      code: try readText(texts),
      guestCode: try readText(texts),
      failedAt: try readTime()
    )
  }
}

extension Settlement.Outcome {
  /// As records have it; the order of the cases is part of their form.
  var number: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension String {
  var nonEmpty: String? { isEmpty ? nil : self }
}
