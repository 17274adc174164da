import Foundation

enum ProcessMemory {
  /// The most that the process has had resident since the last reset, in MiB.
  static var peakMebibytes: Int { value("VmHWM:") }

  /// Forgets the peak, and returns what is resident now, in MiB.
  static func resetPeak() -> Int {
    try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    return value("VmRSS:")
  }

  private static func value(_ name: String) -> Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
    return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) / 1024
  }
}
