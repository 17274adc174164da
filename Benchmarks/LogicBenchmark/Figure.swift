/// Takes figures the way the floor does: the best of five rounds, a line of JSON for each.
enum Figure {
  static let rounds = 5

  /// `body` does its work so many times; `afterRound` tidies up, and is not counted.
  static func measure(
    _ name: String,
    iterations: Int,
    _ body: (Int) async throws -> Void,
    afterRound: () async -> Void = {}
  ) async rethrows {
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
