import RopewalkCore

/// How long ago something was, as `kubectl` shows it: `45s`, `5m30s`, `3h12m`, `2d4h`, `41d`, `1y20d`.
enum Age {
  static func text(since then: Timestamp, now: Timestamp) -> String {
    // Whoever writes an object may write any time into it.
    let (difference, isTooLong) = now.nanoseconds.subtractingReportingOverflow(then.nanoseconds)
    let seconds = (isTooLong ? then < now ? .max : .min : difference) / 1_000_000_000
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    return text(seconds: Int(seconds))
  }

  /// After `HumanDuration` of k8s.io/apimachinery.
  private static func text(seconds: Int) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400)
    func pair(_ big: Int, _ unit: String, _ small: Int, _ smallUnit: String) -> String {
      small == 0 ? "\(big)\(unit)" : "\(big)\(unit)\(small)\(smallUnit)"
    }
    switch seconds {
    case ..<120: return "\(seconds)s"
    case ..<600: return pair(minutes, "m", seconds % 60, "s")
    case ..<10_800: return "\(minutes)m"
    case ..<28_800: return pair(hours, "h", minutes % 60, "m")
    case ..<172_800: return "\(hours)h"
    case ..<691_200: return pair(days, "d", hours % 24, "h")
    case ..<63_072_000: return "\(days)d"
    case ..<252_288_000: return pair(days / 365, "y", days % 365, "d")
    default: return "\(days / 365)y"
    }
  }
}
