import RopewalkCore

/// HTTP's `Retry-After`: seconds, or a date in the form `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 10.2.3).
enum RetryAfter {
  /// The longest wait that is believed.
  static let longest = Duration.seconds(24 * 3600)

  /// How long to wait from `now`; nil when the text is neither. A date that is over means no wait.
  static func parse(_ text: String, now: Timestamp) -> Duration? {
    if let seconds = Int(text) { return seconds < 0 ? nil : min(.seconds(seconds), longest) }
    guard let date = HTTPDate.parse(text) else { return nil }
    return min(max(.nanoseconds(date.nanoseconds - now.nanoseconds), .zero), longest)
  }
}
