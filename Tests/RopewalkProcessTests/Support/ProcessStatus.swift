import Glibc

@testable import RopewalkProcess

/// What the kernel says of a process.
struct ProcessStatus {
  let processorTime: Duration
  let niceness: Int

  /// Nil when there is none with this number.
  init?(of pid: Int32) {
    // Behind the name, which stands in parentheses and may have some itself, are the fields from the third one on: proc(5).
    guard let text = SmallFile.text(at: "/proc/\(pid)/stat"), let name = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: name)...].split(separator: " ")
    guard fields.count > 16, let user = Int(fields[11]), let system = Int(fields[12]), let niceness = Int(fields[16]) else { return nil }
    processorTime = Duration.seconds(user + system) / Int(sysconf(Int32(_SC_CLK_TCK)))
    self.niceness = niceness
  }

  /// All that a process has started, and what those have.
  static func descendants(of pid: Int32) -> [Int32] {
    let children = (SmallFile.text(at: "/proc/\(pid)/task/\(pid)/children") ?? "").split(separator: " ").compactMap { Int32($0) }
    return children + children.flatMap(descendants)
  }
}
