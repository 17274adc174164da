import Logging

/// The log lines of one customer's instance: bounded in length and number, and free of what could forge other lines.
struct GuestLog {
  private var logger: Logger
  private let lineLength: Int
  private var gate: RateGate
  /// Text written to standard output and standard error that has no line break yet.
  private var pending: [[UInt8]] = [[], []]

  init(program: GuestProgram, customerID: String) {
    logger = program.logger
    logger[metadataKey: "ropewalk.customer"] = "\(customerID)"
    lineLength = program.processLimits.logLineLength
    gate = RateGate(burst: program.processLimits.logBurst, perSecond: program.processLimits.logLinesPerSecond)
  }

  func isOn(_ level: Logger.Level) -> Bool { level >= logger.logLevel }

  /// Writes each line of a text.
  mutating func write(_ bytes: some Collection<UInt8>, _ level: Logger.Level) {
    guard isOn(level) else { return }
    for line in bytes.split(separator: 0x0A, maxSplits: 1000) where !line.isEmpty {
      writeLine(line, level)
    }
  }

  /// Takes what a guest writes to a stream, and writes the lines that are whole.
  /// - Parameter stream: 0 for standard output, 1 for standard error.
  mutating func append(_ bytes: [UInt8], stream: Int) {
    pending[stream] += bytes
    guard pending[stream].count > lineLength || bytes.contains(0x0A) else { return }
    let end = pending[stream].lastIndex(of: 0x0A).map { $0 + 1 } ?? pending[stream].count
    write(pending[stream][..<end], stream == 0 ? .info : .warning)
    pending[stream].removeSubrange(..<end)
  }

  private mutating func writeLine(_ line: some Collection<UInt8>, _ level: Logger.Level) {
    guard gate.admit(at: .now) else { return }
    let dropped = gate.takeDropped()
    if dropped > 0 { logger.warning("log lines of a guest dropped", metadata: ["ropewalk.dropped": "\(dropped)"]) }
    let isCut = line.count > lineLength
    let text = String(decoding: line.prefix(lineLength).map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self)
    logger.log(level: level, "\(text)\(isCut ? "…" : "")")
  }
}

/// Lets so many through at once and so many each second after that, and counts the others.
struct RateGate {
  private let burst: Double
  private let perSecond: Double
  private var tokens: Double
  private var last: MonotonicTime?
  private var dropped = 0

  init(burst: Int, perSecond: Int) {
    self.burst = Double(burst)
    self.perSecond = Double(perSecond)
    self.tokens = Double(burst)
  }

  mutating func admit(at now: MonotonicTime) -> Bool {
    if let last { tokens = min(burst, tokens + Double(now.nanoseconds(since: last)) / 1e9 * perSecond) }
    last = now
    guard tokens >= 1 else {
      dropped += 1
      return false
    }
    tokens -= 1
    return true
  }

  /// How many were held back since this was last asked.
  mutating func takeDropped() -> Int {
    defer { dropped = 0 }
    return dropped
  }
}
