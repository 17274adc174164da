import Glibc

/// What a 64-bit executable or shared library says about the libraries it needs. Nothing in it is trusted: what does not
/// add up counts as not there.
struct ELFFile: Sendable, Hashable {
  /// The names of the libraries, such as `libswiftCore.so`. Never with a slash.
  var needed: [String] = []
  /// Where they are looked for first, with `$ORIGIN` as it stands.
  var searchPaths: [String] = []

  private enum Tag: UInt64 { case needed = 1, stringTable = 5, searchPathOfOld = 15, searchPath = 29 }
  private static let loadedSegment: UInt32 = 1
  private static let dynamicSegment: UInt32 = 2
  /// How many entries of a table are looked at: 4,096. Compilers make tens.
  private static let maximumEntries = 4096

  /// Nil when the bytes are no such file.
  init?(_ file: some ByteSource) {
    guard file.bytes(at: 0, count: 6) == [0x7f, 0x45, 0x4c, 0x46, 2, 1] else { return nil }
    guard let start = file.integer(at: 32, as: UInt64.self), let size = file.integer(at: 54, as: UInt16.self),
      let count = file.integer(at: 56, as: UInt16.self)
    else { return nil }
    var segments: [Segment] = []
    for index in 0..<min(Int(count), Self.maximumEntries) {
      guard let segment = Segment(file, at: start &+ UInt64(index) &* UInt64(size)) else { break }
      segments.append(segment)
    }
    guard let table = segments.first(where: { $0.kind == Self.dynamicSegment }) else { return }
    var names: [(Tag, UInt64)] = []
    var strings: UInt64?
    for index in 0..<UInt64(Self.maximumEntries) where index &* 16 < table.size {
      guard let tag = file.integer(at: table.offset &+ index &* 16, as: UInt64.self), tag != 0,
        let value = file.integer(at: table.offset &+ index &* 16 &+ 8, as: UInt64.self)
      else { break }
      switch Tag(rawValue: tag) {
      case .stringTable:
        strings = segments.first { $0.kind == Self.loadedSegment && $0.holds(address: value) }.map { value - $0.address &+ $0.offset }
      case .some(let tag): names.append((tag, value))
      case nil: break
      }
    }
    guard let strings else { return }
    for (tag, value) in names {
      guard let text = file.text(at: strings &+ value) else { continue }
      if tag == .needed {
        if !text.contains("/") { needed.append(text) }
      } else {
        searchPaths += text.split(separator: ":").map(String.init)
      }
    }
  }

  private struct Segment {
    var kind: UInt32
    var offset: UInt64
    var address: UInt64
    var size: UInt64

    init?(_ file: some ByteSource, at place: UInt64) {
      guard let kind = file.integer(at: place, as: UInt32.self), let offset = file.integer(at: place &+ 8, as: UInt64.self),
        let address = file.integer(at: place &+ 16, as: UInt64.self), let size = file.integer(at: place &+ 32, as: UInt64.self)
      else { return nil }
      (self.kind, self.offset, self.address, self.size) = (kind, offset, address, size)
    }

    func holds(address wanted: UInt64) -> Bool { wanted >= address && wanted - address < size }
  }
}

/// Bytes that are read here and there.
protocol ByteSource {
  /// Fewer than `count` where the bytes end.
  func bytes(at place: UInt64, count: Int) -> [UInt8]
}

extension ByteSource {
  /// A name or path is at most this long: 4 KiB.
  fileprivate static var maximumText: Int { 4096 }

  fileprivate func integer<Integer: FixedWidthInteger>(at place: UInt64, as type: Integer.Type) -> Integer? {
    let bytes = bytes(at: place, count: MemoryLayout<Integer>.size)
    guard bytes.count == MemoryLayout<Integer>.size else { return nil }
    return bytes.reversed().reduce(0) { $0 << 8 | Integer($1) }
  }

  /// Nil when no zero ends it.
  fileprivate func text(at place: UInt64) -> String? {
    let bytes = bytes(at: place, count: Self.maximumText)
    return bytes.firstIndex(of: 0).map { String(decoding: bytes[..<$0], as: UTF8.self) }
  }
}

/// An open file.
struct FileBytes: ByteSource {
  let descriptor: Int32

  func bytes(at place: UInt64, count: Int) -> [UInt8] {
    guard let offset = off_t(exactly: place) else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    let read = pread(descriptor, &bytes, count, offset)
    return Array(bytes.prefix(max(0, read)))
  }
}
