import RopewalkCore

/// How long ago something was, in the one unit that says most: `12s`, `5m`, `3h`, `8d`.
enum Age {
  static func text(of time: Timestamp, now: Timestamp = .now) -> String {
    let seconds = max(0, (now.nanoseconds - time.nanoseconds) / 1_000_000_000)
    return switch seconds {
    case ..<120: "\(seconds)s"
    case ..<7200: "\(seconds / 60)m"
    case ..<172_800: "\(seconds / 3600)h"
    default: "\(seconds / 86_400)d"
    }
  }
}
