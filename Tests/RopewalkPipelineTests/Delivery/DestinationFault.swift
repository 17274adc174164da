import RopewalkConnector
import RopewalkCore
import Testing

/// What a destination can do to a message; the same errors that `http` makes of real answers.
enum DestinationFault: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case downForAnHour, slow, flapping, neverAnswers
  case badRequest, unauthorized, contentTooLarge, requestTimeout, tooManyRequests, serverError, closesMidAnswer

  var testDescription: String { rawValue }

  /// What it answers, where that is all that it does.
  var answer: ConnectionError? {
    switch self {
    case .downForAnHour, .slow, .flapping, .neverAnswers: nil
    case .badRequest: ConnectionError(.rejected, "400 Bad Request")
    case .unauthorized: ConnectionError(.unauthorized, "401 Unauthorized")
    case .contentTooLarge: ConnectionError(.rejected, "413 Content Too Large")
    case .requestTimeout: ConnectionError(.timeout, "408 Request Timeout", recoverable: true)
    case .tooManyRequests: ConnectionError(.rateLimited, "429 Too Many Requests", recoverable: true, retryAfter: .seconds(7))
    case .serverError: ConnectionError(.sendFailed, "500 Internal Server Error", recoverable: true)
    case .closesMidAnswer: ConnectionError(.sendFailed, "closed mid-answer", recoverable: true)
    }
  }

  /// - Parameter clock: whose time the fault goes by.
  func strike(on clock: VirtualClock) async throws(ConnectionError) {
    if let answer { throw answer }
    let now = clock.now.offset
    switch self {
    case .downForAnHour where now < .seconds(3600): throw ConnectionError(.connectionFailed, "refused", recoverable: true)
    case .flapping where now.components.seconds / 60 % 2 == 0: throw ConnectionError(.sendFailed, "503", recoverable: true)
    case .slow: try await clock.wait(.seconds(5))
    case .neverAnswers: try await clock.wait(.seconds(100_000))
    default: return
    }
  }
}

extension VirtualClock {
  /// Waits as a destination does.
  func wait(_ duration: Duration) async throws(ConnectionError) {
    do { try await sleep(for: duration) } catch { throw ConnectionError(.cancelled, "cancelled") }
  }
}
