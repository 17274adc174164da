import Foundation

/// Processes that sleep for a time of their own, by which they are found whatever has become of those that started them.
struct Sleepers {
  private let seconds = "86400.\(UInt32.random(in: 1...UInt32.max))"

  /// What a shell makes one by.
  var command: String { "sleep \(seconds)" }

  /// Those that are there.
  var pids: [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { FileManager.default.contents(atPath: "/proc/\($0)/cmdline") == cmdline }
  }

  /// Leaves none behind, also where a test has failed.
  func end() {
    for pid in pids { kill(pid, SIGKILL) }
  }

  private var cmdline: Data { Data("sleep\0\(seconds)\0".utf8) }
}
