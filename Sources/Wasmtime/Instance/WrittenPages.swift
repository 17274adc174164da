import CWasmtime

#if canImport(Glibc)
  import Glibc
#endif

/// The pages of a guest's memory that it has written to.
///
/// An instance begins with the memory that its module declares, shared with the module's other instances until it writes to
/// a page and is given a copy of its own: a page fault for each. Instances that begin alike write to the same pages, so those
/// that one has written to can be copied for the next before it runs, all at once.
public struct WrittenPages: Sendable, Equatable {
  /// In bytes from the memory's start, in order.
  public let ranges: [Range<Int>]
}

extension Store {
  /// The pages within a memory's first `byteCount` bytes that were written to; none where the system does not tell.
  public func writtenPages(of memory: Memory, within byteCount: Int) -> WrittenPages {
    WrittenPages(ranges: PageMap.ownPages(of: core.bytes(of: memory, within: byteCount)))
  }

  /// Gives a memory its own copies of pages that its guest is likely to write to. The guest cannot tell; where the system
  /// has no such call, each page is copied when it is written to, as without.
  public func copy(_ pages: WrittenPages, of memory: Memory) {
    #if os(Linux)
      let bytes = core.bytes(of: memory, within: .max)
      guard let start = bytes.baseAddress else { return }
      for range in pages.ranges where range.upperBound <= bytes.count {
        guard madvise(UnsafeMutableRawPointer(mutating: start) + range.lowerBound, range.count, PageMap.populateWrite) == 0 else { return }
      }
    #endif
  }
}

extension StoreCore {
  fileprivate func bytes(of memory: Memory, within byteCount: Int) -> UnsafeRawBufferPointer {
    check(memory)
    var raw = memory.raw
    let size = wasmtime_memory_data_size(context, &raw)
    return UnsafeRawBufferPointer(start: wasmtime_memory_data(context, &raw), count: min(size, byteCount))
  }
}

/// `/proc/self/pagemap`, as the kernel's documentation of it says.
private enum PageMap {
  /// `MADV_POPULATE_WRITE`, which the system's headers may not know yet.
  static let populateWrite: CInt = 23

  private static let isPresent: UInt64 = 1 << 63
  private static let isOfAFile: UInt64 = 1 << 61
  private static let isMappedOnce: UInt64 = 1 << 56

  /// The pages that are there and nobody else's.
  static func ownPages(of bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    #if os(Linux)
      let pageSize = sysconf(CInt(_SC_PAGESIZE))
      var ranges: [Range<Int>] = []
      for (index, entry) in entries(of: bytes, pageSize: pageSize).enumerated() {
        guard entry & (isPresent | isOfAFile | isMappedOnce) == isPresent | isMappedOnce else { continue }
        let start = index * pageSize
        if let last = ranges.last, last.upperBound == start {
          ranges[ranges.count - 1] = last.lowerBound..<start + pageSize
        } else {
          ranges.append(start..<start + pageSize)
        }
      }
      return ranges
    #else
      return []
    #endif
  }

  #if os(Linux)
    /// One number for each whole page; none where they cannot be read.
    private static func entries(of bytes: UnsafeRawBufferPointer, pageSize: Int) -> [UInt64] {
      guard let start = bytes.baseAddress else { return [] }
      let file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { return [] }
      defer { close(file) }
      let entrySize = MemoryLayout<UInt64>.size
      let capacity = bytes.count / pageSize
      return [UInt64](unsafeUninitializedCapacity: capacity) { entries, count in
        let offset = Int(bitPattern: start) / pageSize * entrySize
        count = max(0, pread(file, entries.baseAddress, capacity * entrySize, off_t(offset))) / entrySize
      }
    }
  #endif
}
