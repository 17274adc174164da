/// Cuts what a process prints into lines, of any length, and keeps a bounded part of each.
struct LineSplitter: Sendable {
  /// A line without its end, and how many bytes of it were left out because it was too long.
  struct Line: Sendable, Hashable {
    var bytes: [UInt8]
    var omitted: Int
  }

  private let limit: Int
  private var line: [UInt8] = []
  private var omitted = 0

  /// A line longer than `limit` bytes is cut there.
  init(limit: Int) {
    self.limit = limit
  }

  /// Takes the next bytes and gives `body` each line that ends in them.
  mutating func read(_ bytes: some Collection<UInt8>, _ body: (Line) -> Void) {
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      append(rest[..<end])
      rest = rest[rest.index(after: end)...]
      flush(body)
    }
    append(rest)
  }

  /// Gives `body` what was printed after the last line end, if anything.
  mutating func finish(_ body: (Line) -> Void) {
    if !line.isEmpty { flush(body) }
  }

  private mutating func append(_ bytes: some Collection<UInt8>) {
    let room = limit - line.count
    line.append(contentsOf: bytes.prefix(room))
    omitted += max(0, bytes.count - room)
  }

  private mutating func flush(_ body: (Line) -> Void) {
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    body(Line(bytes: line, omitted: omitted))
    line.removeAll(keepingCapacity: line.capacity <= 4096)
    omitted = 0
  }
}
