import FoundationEssentials
import Glibc

/// The code of the program and its libraries, as far as it is in memory.
///
/// Starting runs through much code that serving does not come back to. It would stay in the process's memory for good.
enum ProgramText {
  /// Takes it out of the process's memory. What runs on is back at its next use, in microseconds: the system has it still.
  static func unmapUnused() { once }

  private static let once: Void = {
    // A debugger has written its breakpoints there; nobody else writes to code.
    guard read("status").contains("TracerPid:\t0\n") else { return }
    for line in read("maps").split(separator: "\n") {
      // An address range, rights, offset, device, inode, and a path for what comes from a file.
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      let bounds = fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      guard fields.count >= 6, fields[1] == "r-xp", fields[5].hasPrefix("/"), bounds.count == 2 else { continue }
      _ = madvise(UnsafeMutableRawPointer(bitPattern: bounds[0]), Int(bounds[1] - bounds[0]), MADV_DONTNEED)
    }
  }()

  private static func read(_ name: String) -> String {
    (try? String(contentsOfFile: "/proc/self/\(name)", encoding: .utf8)) ?? ""
  }
}
