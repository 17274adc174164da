import RopewalkCore

/// A payload as people read it: JSON on several lines, other text as it is, bytes in hexadecimal.
enum PayloadText {
  /// Bytes that are shown at most. Default 64 KiB of text, 512 bytes of what is no text.
  static let maxText = ByteCount.kibibytes(64)
  static let maxBinary = ByteCount(512)

  static func text(_ payload: [UInt8]) -> String {
    if payload.isEmpty { return "(empty)" }
    guard let text = readable(payload) else { return hexadecimal(payload) }
    guard text.utf8.count > maxText.bytes else { return TerminalText.safe(text) }
    let shown = String(decoding: text.utf8.prefix(maxText.bytes), as: UTF8.self)
    return TerminalText.safe(shown) + "\n… \(text.utf8.count - maxText.bytes) bytes more; 'dead-letters export --payloads' has them"
  }

  /// What is opened in an editor; nil for bytes that are no text.
  static func readable(_ payload: [UInt8]) -> String? {
    guard let text = String(validating: payload, as: UTF8.self) else { return nil }
    guard let json = try? JSON.parse(payload), json.object != nil || json.array != nil else { return text }
    return json.text(pretty: true)
  }

  /// `1,234 bytes of application/json`
  static func description(_ payload: [UInt8], contentType: String) -> String {
    let size = payload.count == 1 ? "1 byte" : "\(grouped(payload.count)) bytes"
    return contentType.isEmpty ? size : "\(size) of \(TerminalText.safe(contentType))"
  }

  /// `1,234,567`
  static func grouped(_ number: Int) -> String {
    let digits = String(number)
    return String(
      digits.enumerated().flatMap { place, digit in
        place > 0 && (digits.count - place) % 3 == 0 && digit != "-" ? [",", digit] : [digit]
      }
    )
  }

  private static func hexadecimal(_ payload: [UInt8]) -> String {
    var lines: [String] = []
    let shown = payload.prefix(maxBinary.bytes)
    for start in stride(from: 0, to: shown.count, by: 16) {
      let row = shown[start..<min(start + 16, shown.count)]
      let codes = row.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
      let characters = row.map { (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
      let offset = String(start, radix: 16)
      lines.append(
        String(repeating: "0", count: max(0, 4 - offset.count)) + offset + "  " + codes
          + String(repeating: " ", count: 49 - codes.count) + characters
      )
    }
    if payload.count > shown.count { lines.append("… \(grouped(payload.count - shown.count)) bytes more") }
    return lines.joined(separator: "\n")
  }
}
