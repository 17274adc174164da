/// Holds a plugin to so much log a second, by reading no further: the plugin then waits in its own write, and nobody
/// else pays for its flood.
package struct LogPace: Sendable {
  private let linesPerSecond: Int
  private let bytesPerSecond: Int
  private var windowEnd: ContinuousClock.Instant?
  private var lines = 0
  private var bytes = 0

  package init(linesPerSecond: Int, bytesPerSecond: Int) {
    self.linesPerSecond = linesPerSecond
    self.bytesPerSecond = bytesPerSecond
  }

  /// Takes note of what was read. Returns until when to read no further, or nil to go on.
  package mutating func read(lines newLines: Int, bytes newBytes: Int, at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
    if windowEnd.map({ now >= $0 }) ?? true {
      windowEnd = now + .seconds(1)
      lines = 0
      bytes = 0
    }
    lines += newLines
    bytes += newBytes
    return lines > linesPerSecond || bytes > bytesPerSecond ? windowEnd : nil
  }
}
