import RopewalkCore
import Synchronization

/// How many requests a client may make at once and a second. What is over is refused, not queued: a controller that is
/// refused fails its reconciliation, and is asked again later.
final class RequestAdmittance: Sendable {
  private let state: Mutex<RequestAdmittanceState>
  private let stopwatch: Stopwatch

  init(maxConcurrent: Int, perSecond: Int, stopwatch: Stopwatch) {
    self.state = Mutex(RequestAdmittanceState(maxConcurrent: maxConcurrent, perSecond: perSecond))
    self.stopwatch = stopwatch
  }

  /// - Throws: `client.overloaded`, or what `body` throws.
  func admitted<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
    if let refusal = state.withLock({ $0.begin(at: stopwatch.elapsed) }) { throw RopewalkError(.clientOverloaded, refusal) }
    defer { state.withLock { $0.end() } }
    return try await body()
  }
}

/// A bucket of tokens beside a count of what is under way.
struct RequestAdmittanceState {
  private let maxConcurrent: Int
  private let perSecond: Double
  private var running = 0
  private var tokens: Double
  private var last: Duration = .zero

  init(maxConcurrent: Int, perSecond: Int) {
    self.maxConcurrent = maxConcurrent
    self.perSecond = Double(perSecond)
    self.tokens = Double(perSecond)
  }

  /// Why the request may not begin; nil when it has begun.
  mutating func begin(at now: Duration) -> String? {
    tokens = min(perSecond, tokens + (now - last) / .seconds(1) * perSecond)
    last = now
    guard running < maxConcurrent else { return "\(maxConcurrent) requests are under way (maxConcurrentRequests)" }
    guard tokens >= 1 else { return "more than \(Int(perSecond)) requests a second (requestsPerSecond)" }
    tokens -= 1
    running += 1
    return nil
  }

  mutating func end() { running -= 1 }
}
