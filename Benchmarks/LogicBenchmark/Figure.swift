/// Takes figures the way the floor does: the best of five rounds, a line of JSON for each.
enum Figure {
  static let rounds = 5
  /// What the names of figures must begin with that are to be taken, from the command line; nil for all.
  private static let only = CommandLine.arguments.dropFirst().first

  /// `body` does its work so many times; `afterRound` tidies up, and is not counted.
  static func measure(
    _ name: String,
    iterations: Int,
    _ body: (Int) async throws -> Void,
    afterRound: () async -> Void = {}
  ) async rethrows {
    guard only.map(name.hasPrefix) ?? true else { return }
    var best = Duration.seconds(3600)
    for _ in 0..<rounds {
      let start = ContinuousClock.now
      try await body(iterations)
      best = min(best, start.duration(to: .now))
      await afterRound()
    }
    report(name, "ns", nanoseconds(best) / Double(iterations))
  }

  static func report(_ name: String, _ unit: String, _ value: Double) {
    print(#"{"name": "\#(name)", "unit": "\#(unit)", "value": \#((value * 10).rounded() / 10)}"#)
  }

  static func nanoseconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) * 1e9 + Double(duration.components.attoseconds) * 1e-9
  }
}
