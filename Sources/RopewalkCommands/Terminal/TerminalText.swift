/// Text that others wrote, as it may be shown on a terminal.
enum TerminalText {
  /// Control characters, which could move the cursor or worse, are written as `\u{1B}`; line breaks and tabs are kept.
  static func safe(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.unicodeScalars.reduce(into: "") { safe, scalar in
      if isControl(scalar) {
        safe += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        safe.unicodeScalars.append(scalar)
      }
    }
  }

  /// One line of at most so many characters; what is cut off is shown by `…`.
  static func line(_ text: String, width: Int) -> String {
    let line = safe(text.split(whereSeparator: \.isNewline).joined(separator: " "))
    return line.count <= width ? line : line.prefix(max(0, width - 1)) + "…"
  }

  /// Each line behind so many spaces.
  static func indented(_ text: String, by width: Int) -> String {
    let margin = String(repeating: " ", count: width)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: false
    // C0, DEL and C1; the last are what turns the direction of the text around.
    case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
