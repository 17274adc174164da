import RopewalkCore

/// How far something is: one line, redrawn in place on a terminal, written now and then elsewhere.
struct ProgressLine {
  /// How often the line is renewed on a terminal, and how often it is written where nobody watches.
  private static let terminalInterval = Duration.milliseconds(100)
  private static let logInterval = Duration.seconds(10)

  private let isTerminal: Bool
  private let start = ContinuousClock.now
  private var last = ContinuousClock.now
  private var isDrawn = false

  init(isTerminal: Bool) {
    self.isTerminal = isTerminal
  }

  mutating func show(of done: Int, _ total: Int, _ remark: String? = nil) {
    let now = ContinuousClock.now
    guard now - last >= (isTerminal ? Self.terminalInterval : Self.logInterval) else { return }
    last = now
    let perSecond = Int((Double(done) / max(0.001, (now - start).seconds)).rounded())
    let text = "\(PayloadText.grouped(done)) of \(PayloadText.grouped(total))  \(perSecond)/s" + (remark.map { "  \($0)" } ?? "")
    StandardStream.error.write(isTerminal ? "\r\(text)\u{1B}[K" : text + "\n")
    isDrawn = isTerminal
  }

  /// Takes the line away again.
  mutating func finish() {
    if isDrawn { StandardStream.error.write("\r\u{1B}[K") }
    isDrawn = false
  }
}
