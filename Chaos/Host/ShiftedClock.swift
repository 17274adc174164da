import Foundation
import RopewalkCore
import Subprocess
import Synchronization
import SystemPackage

/// A civil clock for the processes of a host that can be set at any moment, as an operator or a time server sets the
/// machine's: a small library in front of the system's, `Clock/shifted-clock.c`.
///
/// A time namespace does not help here, Linux has none for the civil clock; libfaketime shifts waits as well, and hangs.
final class ShiftedClock: Sendable {
  private let file: String
  private let library: String

  /// Compiles the library, with the compiler that comes with Swift.
  init(in folder: String) async throws {
    file = folder + "/clock"
    library = folder + "/shifted-clock.so"
    let source = FilePath(#filePath).removingLastComponent().removingLastComponent().appending("Clock/shifted-clock.c").string
    let result = try await Subprocess.run(
      .name("clang"),
      arguments: ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source],
      output: .discarded,
      error: .string(limit: 1 << 16)
    )
    guard case .exited(0) = result.terminationStatus else { throw Failure("the clock cannot be compiled: \(result.standardError)") }
    try set(.zero)
  }

  /// For the processes that are to have it.
  var environment: [Environment.Key: String?] { ["LD_PRELOAD": library, "ROPEWALK_CHAOS_CLOCK": file] }

  /// Sets the clock to so much after the real time.
  func set(_ shift: Duration) throws {
    let (seconds, attoseconds) = shift.components
    var nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    // In place: the processes have the file in their memory.
    let descriptor = open(file, O_WRONLY | O_CREAT, 0o600)
    guard descriptor >= 0 else { throw Failure("\(file) cannot be written") }
    defer { close(descriptor) }
    guard write(descriptor, &nanoseconds, MemoryLayout<Int64>.size) == MemoryLayout<Int64>.size else {
      throw Failure("\(file) cannot be written")
    }
  }
}
