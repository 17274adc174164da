/// Takes the first line out of what a plugin prints on standard output.
struct HandshakeReader: Sendable {
  /// A line with a certificate of Go's has about 1,200 bytes.
  static let maximumLineLength = 16 * 1024

  private var line: [UInt8] = []

  /// Takes the next bytes. Returns the handshake and what came after its line, or nil when the line goes on.
  ///
  /// Throws when the line is too long or no handshake; `self` is of no use then.
  mutating func read(_ bytes: some Collection<UInt8>) throws(GoPluginError) -> (HandshakeLine, rest: [UInt8])? {
    let end = bytes.firstIndex(of: UInt8(ascii: "\n"))
    line.append(contentsOf: bytes[..<(end ?? bytes.endIndex)].prefix(Self.maximumLineLength + 1))
    guard line.count <= Self.maximumLineLength else {
      throw GoPluginError(
        .unexpectedOutput,
        "the plugin prints on standard output, and no handshake line within \(Self.maximumLineLength) bytes; write logs to standard error"
      )
    }
    guard let end else { return nil }
    let handshake = try HandshakeLine(parsing: String(decoding: line, as: UTF8.self))
    return (handshake, rest: Array(bytes[bytes.index(after: end)...]))
  }
}
