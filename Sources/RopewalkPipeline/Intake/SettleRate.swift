import RopewalkCore

/// How many messages are settled per second, to tell a sender when there may be room again.
struct SettleRate {
  private static let window: Duration = .seconds(1)
  /// What a sender is told while nothing is settled.
  private static let waitAtStandstill: Duration = .seconds(10)
  private static let waits: ClosedRange<Double> = 1...60

  private var windowStart: Duration
  private var inWindow = 0
  private var lastPerSecond: Double = 0

  init(start: Duration) {
    self.windowStart = start
  }

  mutating func record(at now: Duration) {
    inWindow += 1
    let passed = now - windowStart
    guard passed >= Self.window else { return }
    lastPerSecond = Double(inWindow) / passed.seconds
    inWindow = 0
    windowStart = now
  }

  func perSecond(at now: Duration) -> Double {
    let passed = (now - windowStart).seconds
    return passed > Self.waitAtStandstill.seconds ? Double(inWindow) / passed : max(lastPerSecond, Double(inWindow))
  }

  /// The time in which a tenth of a full queue empties, in whole seconds from 1 to 60.
  func retryAfter(queue: Int, at now: Duration) -> Duration {
    let current = perSecond(at: now)
    guard current > 0 else { return Self.waitAtStandstill }
    let wait = (Double(queue) / 10 / current).rounded(.up)
    return .seconds(min(max(wait, Self.waits.lowerBound), Self.waits.upperBound))
  }
}
