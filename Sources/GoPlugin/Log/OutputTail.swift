/// The last bytes that a process printed, for an error to show.
struct OutputTail: Sendable {
  private let limit: Int
  private var bytes: [UInt8] = []
  private var isCut = false

  init(limit: Int) {
    self.limit = limit
  }

  mutating func append(_ new: some Collection<UInt8>) {
    bytes.append(contentsOf: new.suffix(limit))
    isCut = isCut || new.count > limit || bytes.count > limit
    // Cut in large steps, so that a flood of small writes does not move the whole each time.
    if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
  }

  /// The end of the output, in which control characters are shown as dots; empty when there was none.
  var text: String {
    let shown = String(decoding: bytes.suffix(limit), as: UTF8.self).unicodeScalars.map { scalar in
      scalar == "\n" || scalar == "\t" || (scalar.value >= 32 && !(127..<160).contains(scalar.value)) ? Character(scalar) : "."
    }
    let text = String(shown).trimmingBlanks()
    return isCut && !text.isEmpty ? "…" + text : text
  }
}
