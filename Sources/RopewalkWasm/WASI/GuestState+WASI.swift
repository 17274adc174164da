import RopewalkPlugins
import Wasmtime

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims
#else
  import Darwin
#endif

/// As much of a system as compilers' run-time libraries want before `main`: a clock, randomness, an output; no arguments,
/// no environment, no files.
extension GuestState {
  /// The most buffers of one write, as POSIX allows at least.
  private static var maxBuffers: UInt32 { 1024 }
  /// The most bytes of one write. It answers how many it took, and the caller comes again for the others, as with POSIX:
  /// buffers may overlap, so that all of them together are much longer than the memory.
  private static var maxWriteLength: UInt32 { 64 << 10 }
  /// The most random bytes of one call.
  private static var maxRandomBytes: UInt32 { 1 << 20 }

  func callWASI(
    _ function: WASIFunction,
    _ memory: borrowing MemoryView,
    _ arguments: borrowing HostArguments
  ) throws -> WASIStatus {
    switch function {
    case .argsGet, .environGet, .scheduleYield: return .success
    case .argsSizesGet, .environSizesGet:
      try memory.write(UInt32(0), at: arguments[0].u32)
      try memory.write(UInt32(0), at: arguments[1].u32)
      return .success
    case .clockTimeGet: return try clockTime(memory, clock: arguments[0].u32, result: arguments[2].u32)
    case .clockResolutionGet:
      try memory.write(UInt64(1), at: arguments[1].u32)
      return .success
    case .randomGet: return try random(memory, GuestBytes(arguments[0].u32, arguments[1].u32))
    case .processExit: throw GuestExit(code: arguments[0].i32)
    case .descriptorWrite:
      return try write(
        memory,
        descriptor: arguments[0].u32,
        buffers: arguments[1].u32,
        count: arguments[2].u32,
        result: arguments[3].u32
      )
    case .descriptorRead:
      guard arguments[0].u32 == 0 else { return .badDescriptor }
      try memory.write(UInt32(0), at: arguments[3].u32)
      return .success
    case .descriptorClose: return arguments[0].u32 < 3 ? .success : .badDescriptor
    case .descriptorSeek: return arguments[0].u32 < 3 ? .illegalSeek : .badDescriptor
    case .descriptorStatus: return try status(memory, descriptor: arguments[0].u32, result: arguments[1].u32)
    case .preopenedGet: return .badDescriptor
    }
  }

  private func clockTime(_ memory: borrowing MemoryView, clock: UInt32, result: UInt32) throws -> WASIStatus {
    var time = timespec()
    clock_gettime(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &time)
    try memory.write(UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec), at: result)
    return .success
  }

  private func random(_ memory: borrowing MemoryView, _ target: GuestBytes) throws -> WASIStatus {
    guard target.length <= Self.maxRandomBytes else { return .invalid }
    try memory.withMutableBytes(at: target.offset, count: target.length) { bytes in
      var generator = SystemRandomNumberGenerator()
      bytes.withUnsafeMutableBytes { buffer in
        // The system is asked for each word, which takes as long as for a byte.
        for start in stride(from: 0, to: buffer.count, by: MemoryLayout<UInt64>.size) {
          let word: UInt64 = generator.next()
          withUnsafeBytes(of: word) { source in
            let count = min(source.count, buffer.count - start)
            UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + count])
              .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
          }
        }
      }
    }
    return .success
  }

  private func write(
    _ memory: borrowing MemoryView,
    descriptor: UInt32,
    buffers: UInt32,
    count: UInt32,
    result: UInt32
  ) throws -> WASIStatus {
    guard descriptor == 1 || descriptor == 2 else { return .badDescriptor }
    guard count <= Self.maxBuffers else { return .invalid }
    var written: UInt32 = 0
    for index in 0..<count where written < Self.maxWriteLength {
      let entry = try memory.bytes(at: buffers &+ index * 8, count: 8)
      let length = min(entry.word(at: 4), Self.maxWriteLength - written)
      if program.capabilities.contains(.log) {
        log.append(try memory.bytes(at: entry.word(at: 0), count: length), stream: Int(descriptor) - 1)
      }
      written += length
    }
    try memory.write(written, at: result)
    return .success
  }

  /// The three standard streams are character devices, which C libraries buffer by line.
  private func status(_ memory: borrowing MemoryView, descriptor: UInt32, result: UInt32) throws -> WASIStatus {
    guard descriptor < 3 else { return .badDescriptor }
    let characterDevice: UInt8 = 2
    let rights = [UInt8](repeating: 0xFF, count: 16)
    try memory.write(([characterDevice] + [UInt8](repeating: 0, count: 7) + rights).span, at: result)
    return .success
  }
}

extension MemoryView {
  fileprivate borrowing func write(_ value: some FixedWidthInteger, at offset: UInt32) throws(MemoryAccessError) {
    let bytes = withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
    try write(bytes.span, at: offset)
  }
}

extension [UInt8] {
  fileprivate func word(at index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(self[index + $1]) << UInt32($1 * 8) }
  }
}
