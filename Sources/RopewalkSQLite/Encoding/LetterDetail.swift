import RopewalkCore
import RopewalkJournal

/// Everything of a dead letter that is neither a column of its own nor a payload.
enum LetterDetail {
  /// Since version 2 with the damage.
  private static let version: UInt64 = 2

  static func encode(_ letter: DeadLetter) -> [UInt8] {
    var writer = ByteWriter(capacity: 512)
    writer.write(version)
    writer.write(letter.messageID)
    writer.write(letter.tenant)
    writer.write(letter.source)
    writer.write(letter.destinations)
    writer.write(letter.plugin)
    writer.write(letter.pluginVersion)
    writer.write(letter.message)
    writer.write(letter.backtrace)
    writer.write(letter.attempts)
    writer.write(letter.contentType)
    writer.write(letter.headers)
    writer.write(letter.originalContentType)
    writer.write(letter.correlationID)
    writer.write(letter.traceID)
    writer.write(signed: letter.receivedAt.nanoseconds)
    writer.write(letter.replayOf.map { [$0] } ?? [])
    writer.write(letter.originalHeaders)
    writer.write(letter.firstStage.map { [$0] } ?? [])
    writer.write(letter.damage.map { [$0] } ?? [])
    return writer.bytes
  }

  /// Completes a letter that has the columns of its own.
  /// - Throws: when the bytes are not what ``encode(_:)`` wrote.
  static func decode(_ bytes: [UInt8], into letter: inout DeadLetter) throws(SQLiteFailure) {
    var reader = ByteReader(bytes)
    let form = try reader.number()
    guard (1...version).contains(form) else { throw SQLiteFailure(corrupt: "a dead letter has an unknown form") }
    letter.messageID = try reader.text()
    letter.tenant = try reader.text()
    letter.source = try reader.text()
    letter.destinations = try reader.texts()
    letter.plugin = try reader.text()
    letter.pluginVersion = try reader.text()
    letter.message = try reader.text()
    letter.backtrace = try reader.texts()
    letter.attempts = try reader.attempts()
    letter.contentType = try reader.text()
    letter.headers = try reader.headers()
    letter.originalContentType = try reader.text()
    letter.correlationID = try reader.text()
    letter.traceID = try reader.text()
    letter.receivedAt = Timestamp(nanoseconds: try reader.signedNumber())
    letter.replayOf = try reader.texts().first
    letter.originalHeaders = try reader.headers()
    letter.firstStage = try reader.texts().first
    if form > 1 { letter.damage = try reader.texts().first }
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ texts: [String]) {
    write(UInt64(texts.count))
    for text in texts { write(text) }
  }
}

extension ByteReader {
  fileprivate mutating func texts() throws(SQLiteFailure) -> [String] {
    var texts: [String] = []
    for _ in 0..<(try count()) { texts.append(try text()) }
    return texts
  }
}
