import RopewalkCore
import RopewalkJournal

/// A snapshot of the ledger, so that the records before it can go.
extension LedgerState {
  /// The second one says when letters were recorded.
  private static let version: UInt64 = 2

  var bytes: [UInt8] {
    var texts = TextTable()
    var body = ByteWriter()
    body.write(sequence)
    body.write(lines.sorted { ($0.key.integration, $0.key.customer) < ($1.key.integration, $1.key.customer) }) {
      $0.write($1.key, &texts)
      for number in [$1.value.completed, $1.value.delivered, $1.value.filtered, $1.value.deadLettered, $1.value.duplicates] {
        $0.write(number)
      }
    }
    body.write(partials.sorted { $0.key < $1.key }) {
      $0.write($1.key)
      $0.write($1.value.line, &texts)
      $0.write($1.value.destinations)
      $0.write($1.value.ended.sorted()) { $0.write(texts.place(of: $1)) }
    }
    body.write(completed.ranges) {
      $0.write($1.lowerBound)
      $0.write($1.upperBound - $1.lowerBound)
    }
    body.write(letters.values.sorted { $0.record.id < $1.record.id }) {
      $0.write($1.record, &texts)
      $0.write($1.closedBy)
      $0.write($1.state, &texts)
      $0.write($1.recordedAt)
    }
    body.write(since)
    var writer = ByteWriter()
    writer.write(Self.version)
    writer.write(texts.texts) { $0.write($1) }
    writer.append(body)
    return writer.bytes
  }

  /// - Throws: `nats.record.unreadable`.
  init(bytes: [UInt8], maxLines: Int) throws(RopewalkError) {
    self.init(maxLines: maxLines)
    var reader = ByteReader(bytes, what: "the snapshot of the ledger")
    let version = try reader.readVersion(1...Self.version)
    let texts = try reader.readArray { (reader) throws(RopewalkError) in try reader.readString() }
    sequence = try reader.readUnsigned()
    for (line, sums) in try reader.readArray({ (reader) throws(RopewalkError) in (try reader.readLine(texts), try reader.readSums()) }) {
      lines[line] = sums
    }
    for (position, partial) in try reader.readArray({ (reader) throws(RopewalkError) in
      (try reader.readUnsigned(), try reader.readPartial(texts))
    }) {
      partials[position] = partial
    }
    completed = SequenceSet(
      try reader.readArray { (reader) throws(RopewalkError) in
        let (first, length) = (try reader.readUnsigned(), try reader.readUnsigned())
        guard first <= UInt64.max - length else { throw reader.damaged() }
        return first...first + length
      }
    )
    for letter in try reader.readArray({ (reader) throws(RopewalkError) in
      let (record, closedBy, state) = (try reader.readLetter(texts), try reader.readUnsigned(), try reader.readState(texts))
      return Letter(record: record, state: state, closedBy: closedBy, recordedAt: version > 1 ? try reader.readOptionalTime() : nil)
    }) {
      letters[letter.record.id] = letter
      if letter.state == .open { openLetters += 1 }
    }
    if version > 1 { since = try reader.readOptionalTime() }
    guard reader.isAtEnd else { throw reader.damaged() }
  }
}

extension ByteWriter {
  /// Nil as 1970, when no record was written.
  fileprivate mutating func write(_ time: Timestamp?) {
    write(Int(time?.nanoseconds ?? 0))
  }

  fileprivate mutating func write(_ state: DeadLetter.State, _ texts: inout TextTable) {
    switch state {
    case .open: write(0)
    case .replayed(let time, let position):
      write(1)
      write(Int(time.nanoseconds))
      write(position.value)
    case .discarded(let time, let reason):
      write(2)
      write(Int(time.nanoseconds))
      write(texts.place(of: reason))
    }
  }
}

extension ByteReader {
  fileprivate mutating func readOptionalTime() throws(RopewalkError) -> Timestamp? {
    let time = try readTime()
    return time.nanoseconds == 0 ? nil : time
  }

  fileprivate mutating func readState(_ texts: [String]) throws(RopewalkError) -> DeadLetter.State {
    switch try readInt() {
    case 0: .open
    case 1: .replayed(at: try readTime(), as: JournalPosition(try readUnsigned()))
    case 2: .discarded(at: try readTime(), reason: try readText(texts))
    default: throw damaged()
    }
  }

  fileprivate mutating func readSums() throws(RopewalkError) -> LedgerState.Sums {
    LedgerState.Sums(
      completed: try readInt(),
      delivered: try readInt(),
      filtered: try readInt(),
      deadLettered: try readInt(),
      duplicates: try readInt()
    )
  }

  fileprivate mutating func readPartial(_ texts: [String]) throws(RopewalkError) -> LedgerState.Partial {
    LedgerState.Partial(
      line: try readLine(texts),
      destinations: try readInt(),
      ended: Set(try readArray { (reader) throws(RopewalkError) in try reader.readText(texts) })
    )
  }
}
