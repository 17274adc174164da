/// XXH64, Yann Collet's fast hash of 64 bits: it finds damage, not forgery.
///
/// See https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md. Four lanes of eight bytes keep the processor busy; whatever
/// changes within one word of eight bytes changes the hash.
package enum XXH64 {
  private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
  private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
  private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
  private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
  private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

  /// - Parameter seed: the hash of what comes before, where several runs of bytes have one hash together.
  package static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    let count = bytes.count
    var next = 0
    var sum = seed &+ prime5
    if count >= 32 {
      var (a, b, c, d) = (seed &+ prime1 &+ prime2, seed &+ prime2, seed, seed &- prime1)
      repeat {
        a = round(a, word(bytes, next))
        b = round(b, word(bytes, next + 8))
        c = round(c, word(bytes, next + 16))
        d = round(d, word(bytes, next + 24))
        next += 32
      } while count - next >= 32
      sum = rotated(a, by: 1) &+ rotated(b, by: 7) &+ rotated(c, by: 12) &+ rotated(d, by: 18)
      sum = merged(merged(merged(merged(sum, a), b), c), d)
    }
    sum &+= UInt64(count)
    while count - next >= 8 {
      sum = rotated(sum ^ round(0, word(bytes, next)), by: 27) &* prime1 &+ prime4
      next += 8
    }
    if count - next >= 4 {
      let half = UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: next, as: UInt32.self)))
      sum = rotated(sum ^ (half &* prime1), by: 23) &* prime2 &+ prime3
      next += 4
    }
    while next < count {
      sum = rotated(sum ^ (UInt64(bytes[next]) &* prime5), by: 11) &* prime1
      next += 1
    }
    return avalanche(sum)
  }

  private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotated(lane &+ (word &* prime2), by: 31) &* prime1
  }

  private static func merged(_ sum: UInt64, _ lane: UInt64) -> UInt64 {
    (sum ^ round(0, lane)) &* prime1 &+ prime4
  }

  private static func rotated(_ value: UInt64, by bits: UInt64) -> UInt64 {
    (value &<< bits) | (value &>> (64 &- bits))
  }

  /// Lets each bit decide about all others.
  private static func avalanche(_ value: UInt64) -> UInt64 {
    var sum = (value ^ (value &>> 33)) &* prime2
    sum = (sum ^ (sum &>> 29)) &* prime3
    return sum ^ (sum &>> 32)
  }
}
