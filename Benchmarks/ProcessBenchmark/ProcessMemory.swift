#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a process has in memory, as Linux tells.
enum ProcessMemory {
  /// All of it, in MiB: what it shares with others counts in full.
  static func residentMebibytes(of pid: Int32) -> Double { sum(of: "VmRSS:", in: "/proc/\(pid)/status") / 1024 }

  /// What it has written and shares with nobody, in KiB: the program itself is shared by all that run it.
  static func ownKibibytes(of pid: Int32) -> Double { sum(of: "Private_Dirty:", in: "/proc/\(pid)/smaps_rollup") }

  private static func sum(of prefix: String, in path: String) -> Double {
    guard let file = fopen(path, "r") else { fatalError("\(path) cannot be read") }
    defer { fclose(file) }
    var (sum, line) = (0.0, [CChar](repeating: 0, count: 256))
    while fgets(&line, 256, file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if text.hasPrefix(prefix) { sum += Double(text.drop { !$0.isNumber }.prefix { $0.isNumber }) ?? 0 }
    }
    return sum
  }
}
