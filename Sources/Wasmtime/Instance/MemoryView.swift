/// A guest's memory for the length of a closure: it can neither be kept nor reach outside.
///
/// Offsets and counts are the guest's own, taken as they come; each access is checked.
public struct MemoryView: ~Copyable {
  private let bytes: UnsafeMutableRawBufferPointer

  init(_ bytes: UnsafeMutableRawBufferPointer) {
    self.bytes = bytes
  }

  /// The memory's size now.
  public var byteCount: Int { bytes.count }

  /// Lets `body` read `count` bytes in place. Throws `MemoryAccessError` when they are not all in the memory.
  public func withBytes<Result>(at offset: UInt32, count: UInt32, _ body: (RawSpan) throws -> Result) throws -> Result {
    try body(UnsafeRawBufferPointer(slice(offset, count)).bytes)
  }

  /// Lets `body` write `count` bytes in place.
  public func withMutableBytes<Result>(
    at offset: UInt32,
    count: UInt32,
    _ body: (inout MutableRawSpan) throws -> Result
  ) throws -> Result {
    var span = try slice(offset, count).mutableBytes
    return try body(&span)
  }

  /// A copy of `count` bytes.
  public func bytes(at offset: UInt32, count: UInt32) throws(MemoryAccessError) -> [UInt8] {
    [UInt8](try slice(offset, count))
  }

  /// A copy of `count` bytes as text; nil when they are not UTF-8.
  public func string(at offset: UInt32, count: UInt32) throws(MemoryAccessError) -> String? {
    String(validating: try slice(offset, count), as: UTF8.self)
  }

  /// Copies `source` to `offset`.
  public func write(_ source: Span<UInt8>, at offset: UInt32) throws(MemoryAccessError) {
    guard let count = UInt32(exactly: source.count) else {
      throw MemoryAccessError(offset: offset, count: .max, byteCount: byteCount)
    }
    let target = try slice(offset, count)
    source.withUnsafeBytes { target.copyMemory(from: $0) }
  }

  /// Copies a piece of an array to `offset`.
  public func write(_ source: ArraySlice<UInt8>, at offset: UInt32) throws(MemoryAccessError) {
    try write(source.span, at: offset)
  }

  private func slice(_ offset: UInt32, _ count: UInt32) throws(MemoryAccessError) -> UnsafeMutableRawBufferPointer {
    let start = Int(offset)
    let end = start + Int(count)
    guard end <= bytes.count else { throw MemoryAccessError(offset: offset, count: count, byteCount: bytes.count) }
    return UnsafeMutableRawBufferPointer(rebasing: bytes[start..<end])
  }
}

/// A guest named bytes that its memory does not have.
public struct MemoryAccessError: Error, Sendable, Hashable, CustomStringConvertible {
  public var offset: UInt32
  public var count: UInt32
  /// The memory's size.
  public var byteCount: Int

  public var description: String { "\(count) bytes at \(offset) are outside the guest's memory of \(byteCount) bytes" }
}
