import Foundation
import Testing

/// The resident memory of the process. It says something in a process that does nothing else.
enum ResidentMemory {
  /// In bytes.
  private static func now() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .ascii).split(separator: " ")
    return try #require(Int(fields[1])) * 4096
  }

  /// What it grows by when `body` runs, in bytes, its answer still alive.
  static func growth<Kept>(_ body: () throws -> Kept) throws -> Int {
    let before = try now()
    let kept = try body()
    return try withExtendedLifetime(kept) { (_) throws in try now() - before }
  }
}
