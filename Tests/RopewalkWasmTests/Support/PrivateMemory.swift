import RopewalkCore
import SystemPackage

@testable import RopewalkWasm

/// What memory the process has for itself alone.
struct PrivateMemory {
  var kibibytes: Int

  static func now() throws -> PrivateMemory {
    let file = try FileDescriptor.open("/proc/self/smaps_rollup", .readOnly)
    let bytes = try file.closeAfter {
      try [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        while true {
          let read = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
          guard read > 0 else { return }
          count += read
        }
      }
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let counts = lines.filter { $0.hasPrefix("Private_") }.compactMap { Int($0.split(separator: " ").dropFirst().first ?? "") }
    return PrivateMemory(kibibytes: counts.reduce(0, +))
  }
}
