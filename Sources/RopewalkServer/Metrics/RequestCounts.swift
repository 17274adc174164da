import Synchronization

/// How many requests there were, by verb and answer, and how long they took.
final class RequestCounts: Sendable {
  private struct Key: Hashable {
    var verb: String
    var status: Int
  }

  private struct Counts {
    var requests: [Key: Int] = [:]
    var seconds: [String: Double] = [:]
  }

  private let counts = Mutex(Counts())

  /// - Parameter verb: one of the API's, or the method of another request.
  func record(verb: String, status: Int, duration: Duration) {
    let (seconds, attoseconds) = duration.components
    counts.withLock {
      $0.requests[Key(verb: verb, status: status), default: 0] += 1
      $0.seconds[verb, default: 0] += Double(seconds) + Double(attoseconds) * 1e-18
    }
  }

  var metrics: [Metric] {
    [
      Metric("ropewalk_api_requests_total", .counter, help: "Requests by verb and HTTP status.") { [self] in
        counts.withLock { $0.requests }.map { key, count in
          Metric.Sample(Double(count), labels: [("verb", key.verb), ("code", String(key.status))])
        }
      },
      Metric("ropewalk_api_request_seconds_total", .counter, help: "Time that requests took, by verb; of watches, until they began.") {
        [self] in
        counts.withLock { $0.seconds }.map { verb, seconds in Metric.Sample(seconds, labels: [("verb", verb)]) }
      },
    ]
  }
}
