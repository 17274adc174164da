import Foundation
import RopewalkCore

/// An SQLite database's write-ahead log, as far as it takes to find the end of its last transaction:
/// https://www.sqlite.org/fileformat2.html#walformat.
struct WriteAheadLog {
  private static let headerSize = 32
  private static let frameHeaderSize = 24

  /// Behind the last transaction; what stands there was acknowledged to nobody, or is of an older round of the file.
  private(set) var end = headerSize
  /// Behind the frames that follow the last transaction without being one: the host was killed while it wrote them.
  private(set) var unfinishedEnd = headerSize
  private let pageSize: Int
  private let salts: [UInt8]
  /// At the end of the last transaction.
  private var checksum: Checksum

  /// - Throws: when it is no such log.
  init(file path: String) throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    guard bytes.count >= Self.headerSize, [0x377F_0682, 0x377F_0683].contains(Self.number(bytes[..<4])) else {
      throw Failure("\(path) is no write-ahead log")
    }
    pageSize = Int(Self.number(bytes[8..<12]))
    salts = Array(bytes[16..<24])
    checksum = Checksum(isBigEndian: bytes[3] & 1 == 1, Self.number(bytes[24..<28]), Self.number(bytes[28..<32]))
    var running = checksum
    while unfinishedEnd + frameSize <= bytes.count {
      let frame = bytes[unfinishedEnd..<unfinishedEnd + frameSize]
      let header = frame.prefix(Self.frameHeaderSize)
      running.add(header.prefix(8))
      running.add(frame.dropFirst(Self.frameHeaderSize))
      guard header.dropFirst(8).elementsEqual(salts + running.bytes) else { break }
      unfinishedEnd += frameSize
      // The last frame of a transaction says how many pages the database has after it.
      if Self.number(header.dropFirst(4).prefix(4)) != 0 { (end, checksum) = (unfinishedEnd, running) }
    }
  }

  private var frameSize: Int { Self.frameHeaderSize + pageSize }

  /// One more transaction as it would follow the last one, of noise, up to somewhere in its last page.
  func tornTransaction(using generator: inout SeededGenerator) -> [UInt8] {
    let pages = Int.random(in: 1...4, using: &generator)
    var frames: [UInt8] = []
    var running = checksum
    for page in 1...pages {
      let numbers = Self.bytes(.random(in: 1...9, using: &generator)) + Self.bytes(page == pages ? 9 : 0)
      let noise = Self.noise(pageSize, using: &generator)
      running.add(numbers[...])
      running.add(noise[...])
      frames += numbers + salts + running.bytes + noise
    }
    return frames.dropLast(Int.random(in: 1..<pageSize, using: &generator))
  }

  static func noise(_ count: Int, using generator: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

  private static func bytes(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) } }

  /// Of everything from the log's beginning on.
  private struct Checksum {
    /// How words are read; its own are always written big-endian.
    private let isBigEndian: Bool
    private var first: UInt32
    private var second: UInt32

    init(isBigEndian: Bool, _ first: UInt32, _ second: UInt32) {
      self.isBigEndian = isBigEndian
      self.first = first
      self.second = second
    }

    var bytes: [UInt8] { WriteAheadLog.bytes(first) + WriteAheadLog.bytes(second) }

    mutating func add(_ bytes: ArraySlice<UInt8>) {
      for place in stride(from: bytes.startIndex, to: bytes.endIndex, by: 8) {
        first &+= word(bytes, place) &+ second
        second &+= word(bytes, place + 4) &+ first
      }
    }

    private func word(_ bytes: ArraySlice<UInt8>, _ place: Int) -> UInt32 {
      let (a, b, c, d) = (UInt32(bytes[place]), UInt32(bytes[place + 1]), UInt32(bytes[place + 2]), UInt32(bytes[place + 3]))
      return isBigEndian ? a << 24 | b << 16 | c << 8 | d : d << 24 | c << 16 | b << 8 | a
    }
  }
}
