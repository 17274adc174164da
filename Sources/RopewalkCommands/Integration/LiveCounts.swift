import RopewalkCore
import RopewalkPipeline

/// The counts under running integrations, a line each: redrawn in place on a terminal, written now and then elsewhere.
struct LiveCounts {
  private var previous: [String: (counts: Counts, elapsed: Duration)] = [:]
  private var drawnLines = 0
  private let isTerminal: Bool

  /// How often the lines are renewed on a terminal, and how often they are written where nobody watches.
  static let terminalInterval = Duration.seconds(1)
  static let logInterval = Duration.seconds(10)

  init(isTerminal: Bool) {
    self.isTerminal = isTerminal
  }

  var interval: Duration { isTerminal ? Self.terminalInterval : Self.logInterval }

  /// Shows the counts of now; where nobody watches, only those that have changed.
  mutating func show(_ snapshots: [CountsSnapshot]) {
    var text = isTerminal ? cursorToFirstLine : ""
    var lines = 0
    for snapshot in snapshots {
      let before = previous[snapshot.integration]
      guard isTerminal || before?.counts != snapshot.total, isTerminal || snapshot.total.accepted > 0 else { continue }
      text += Self.line(snapshot, perSecond: rate(of: snapshot, since: before)) + (isTerminal ? "\u{1B}[K\n" : "\n")
      lines += 1
      previous[snapshot.integration] = (snapshot.total, snapshot.elapsed)
    }
    drawnLines = lines
    if !text.isEmpty { StandardStream.error.write(text) }
  }

  private var cursorToFirstLine: String { drawnLines > 0 ? "\u{1B}[\(drawnLines)A\r" : "" }

  private func rate(of snapshot: CountsSnapshot, since before: (counts: Counts, elapsed: Duration)?) -> Double {
    guard let before else { return 0 }
    let seconds = (snapshot.elapsed - before.elapsed).seconds
    return seconds > 0 ? Double(snapshot.total.settled - before.counts.settled) / seconds : 0
  }

  /// Keeps the counts on the screen until cancelled, and leaves the last ones standing.
  static func show(_ counts: @Sendable () -> [CountsSnapshot]) async {
    var live = LiveCounts(isTerminal: StandardStream.error.isTerminal)
    while !Task.isCancelled {
      live.show(counts())
      try? await ContinuousClock().sleep(for: live.interval)
    }
    live.show(counts())
  }

  static func line(_ snapshot: CountsSnapshot, perSecond: Double) -> String {
    let counts = snapshot.total
    return "\(snapshot.integration)  accepted \(counts.accepted)  delivered \(counts.delivered)  filtered \(counts.filtered)"
      + "  failed \(counts.deadLettered)" + (counts.invalid > 0 ? "  refused \(counts.invalid)" : "")
      + "  in flight \(counts.inFlight)  \(Int(perSecond.rounded()))/s"
      + "  p50 \(milliseconds(snapshot.latency.quantile(0.5)))  p99 \(milliseconds(snapshot.latency.quantile(0.99)))"
      + circuits(snapshot) + snapshot.degraded.map { "  degraded: \($0)" }.joined()
  }

  /// The circuits that are not closed.
  private static func circuits(_ snapshot: CountsSnapshot) -> String {
    snapshot.circuits.filter { $0.value != .closed }.sorted { $0.key < $1.key }
      .map { "  circuit \($0.value.rawValue): \($0.key)" }.joined()
  }

  /// Two decimals, as a latency is read; a dash where nothing was delivered.
  private static func milliseconds(_ duration: Duration?) -> String {
    guard let duration else { return "–" }
    let hundredths = Int((duration.seconds * 100_000).rounded())
    return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) ms"
  }
}

extension Counts {
  var settled: Int { delivered + filtered + deadLettered }

  var json: JSON {
    [
      "accepted": .number(JSONNumber(accepted)),
      "delivered": .number(JSONNumber(delivered)),
      "filtered": .number(JSONNumber(filtered)),
      "deadLettered": .number(JSONNumber(deadLettered)),
      "inFlight": .number(JSONNumber(inFlight)),
      "refused": .number(JSONNumber(refused)),
      "invalid": .number(JSONNumber(invalid)),
      "duplicates": .number(JSONNumber(duplicates)),
      "retries": .number(JSONNumber(retries)),
    ]
  }
}
