import Checksums

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file of the cache, open and found whole.
///
/// Behind the compiled module lie 16 bytes, which Wasmtime does not look at: a mark and a checksum. Wasmtime itself does not
/// notice a damaged file; it would run it. Against forgery it has its owner and mode.
struct CacheFile: ~Copyable {
  private static let mark: UInt64 = 0x3257_4143_4c57_5052
  private static let footerSize = 16

  private let descriptor: Int32

  /// Takes over an open file. Throws when others could have written it or it is damaged.
  init(taking descriptor: Int32, name: String) throws(WasmtimeError) {
    self.descriptor = descriptor
    let size = try checkOwner(of: descriptor, named: name, type: S_IFREG)
    guard Self.isWhole(descriptor, size) else {
      throw WasmtimeError(.artifact, "the cached module \(name) is damaged")
    }
  }

  deinit {
    close(descriptor)
  }

  /// A path that leads to the very file that was checked, whatever its name means by now.
  var path: String {
    #if canImport(Darwin)
      "/dev/fd/\(descriptor)"
    #else
      "/proc/self/fd/\(descriptor)"
    #endif
  }

  static func footer(of bytes: [UInt8]) -> [UInt8] {
    let sum = bytes.withUnsafeBytes { XXH64.hash($0) }
    return withUnsafeBytes(of: (mark.littleEndian, sum.littleEndian)) { [UInt8]($0) }
  }

  private static func isWhole(_ descriptor: Int32, _ size: Int) -> Bool {
    guard size > footerSize, let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      return false
    }
    defer { munmap(start, size) }
    let content = UnsafeRawBufferPointer(start: start, count: size - footerSize)
    let footer = UnsafeRawBufferPointer(start: start + content.count, count: footerSize)
    return footer.loadUnaligned(as: UInt64.self).littleEndian == mark
      && footer.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian == XXH64.hash(content)
  }
}
