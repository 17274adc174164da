import RopewalkCore

/// Reads comma-separated values, RFC 4180, record by record. Line ends may be CRLF, LF or CR; empty lines are skipped.
struct CSVReader {
  let delimiter: UInt8
  let quote: UInt8
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private(set) var line = 1
  /// The line that the last record started on.
  private(set) var recordLine = 1

  /// The most fields of one record.
  static let maxFields = 16_384

  init(bytes: UnsafeBufferPointer<UInt8>, delimiter: UInt8, quote: UInt8) {
    self.bytes = bytes
    self.delimiter = delimiter
    self.quote = quote
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// Reads the next record into `fields`; false at the end.
  mutating func next(into fields: inout [String]) throws(FunctionError) -> Bool {
    fields.removeAll(keepingCapacity: true)
    while position < bytes.count, isLineEnd(bytes[position]) { skipLineEnd() }
    guard position < bytes.count else { return false }
    recordLine = line
    while true {
      guard fields.count < Self.maxFields else {
        throw FunctionError(.functionLimit, "line \(recordLine) has more than \(Self.maxFields) fields")
      }
      fields.append(try readField(number: fields.count + 1))
      guard position < bytes.count else { return true }
      if bytes[position] == delimiter {
        position += 1
      } else {
        skipLineEnd()
        return true
      }
    }
  }

  private mutating func readField(number: Int) throws(FunctionError) -> String {
    if position < bytes.count, bytes[position] == quote { return try readQuotedField(number: number) }
    let start = position
    var seen: UInt8 = 0
    while position < bytes.count, bytes[position] != delimiter, !isLineEnd(bytes[position]) {
      seen |= bytes[position]
      guard bytes[position] != quote else {
        throw error("a quote stands within field \(number); put the whole field in quotes and write the quote twice")
      }
      position += 1
    }
    let content = UnsafeBufferPointer(rebasing: bytes[start..<position])
    return seen < 0x80 ? String(decoding: content, as: UTF8.self) : try decode(content, number: number)
  }

  private mutating func readQuotedField(number: Int) throws(FunctionError) -> String {
    let openingLine = line
    position += 1
    let start = position
    var content: [UInt8] = []
    var runStart = start
    while position < bytes.count {
      let byte = bytes[position]
      if byte == quote {
        let run = UnsafeBufferPointer(rebasing: bytes[runStart..<position])
        position += 1
        if position < bytes.count, bytes[position] == quote {
          content.append(contentsOf: run)
          content.append(quote)
          position += 1
          runStart = position
          continue
        }
        guard position == bytes.count || bytes[position] == delimiter || isLineEnd(bytes[position]) else {
          throw error("text follows the closing quote of field \(number)")
        }
        if content.isEmpty { return try decode(run, number: number) }
        content.append(contentsOf: run)
        return try content.withUnsafeBufferPointer { (buffer) throws(FunctionError) in try decode(buffer, number: number) }
      }
      if byte == 0x0A || (byte == 0x0D && (position + 1 == bytes.count || bytes[position + 1] != 0x0A)) { line += 1 }
      position += 1
    }
    line = openingLine
    throw error("the quote of field \(number) is never closed")
  }

  private func decode(_ content: UnsafeBufferPointer<UInt8>, number: Int) throws(FunctionError) -> String {
    if content.allSatisfy({ $0 < 0x80 }) { return String(decoding: content, as: UTF8.self) }
    guard let text = String(validating: content, as: UTF8.self) else { throw error("field \(number) is not valid UTF-8") }
    return text
  }

  @inline(__always) private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private mutating func skipLineEnd() {
    if bytes[position] == 0x0D, position + 1 < bytes.count, bytes[position + 1] == 0x0A { position += 1 }
    position += 1
    line += 1
  }

  private func error(_ message: String) -> FunctionError {
    FunctionError(.functionInput, "the payload is not valid CSV at line \(line): \(message)")
  }
}
