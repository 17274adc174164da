import Checksums
import Testing

@Suite struct XXH64Tests {
  private func hash(_ bytes: [UInt8], seed: UInt64 = 0) -> UInt64 {
    bytes.withUnsafeBytes { XXH64.hash($0, seed: seed) }
  }

  /// What the reference implementation and its binding for Python publish; and one with every kind of rest behind the lanes.
  @Test func isTheOneThatIsPublished() {
    let published: [(bytes: [UInt8], seed: UInt64, hash: UInt64)] = [
      (Array("".utf8), 0, 0xEF46_DB37_51D8_E999),
      (Array("a".utf8), 0, 0xD24E_C4F1_A98C_6E5B),
      (Array("abc".utf8), 0, 0x44BC_2CF5_AD77_0999),
      (Array("xxhash".utf8), 20_141_025, 0xB559_B98D_844E_0635),
      (Array("Nobody inspects the spammish repetition".utf8), 0, 0xFBCE_A83C_8A37_8BF1),
      (Array(0...110), 0, 0x666C_C5E3_8345_DE58),
    ]
    for (bytes, seed, expected) in published { #expect(hash(bytes, seed: seed) == expected, "\(bytes.count) bytes") }
  }

  @Test(arguments: [1, 7, 8, 31, 32, 33, 100]) func everyBitCounts(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    var seen: Set = [hash(bytes)]
    for bit in 0..<count * 8 {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      let isNew = seen.insert(hash(changed)).inserted
      #expect(isNew, "bit \(bit)")
    }
  }

  /// As a line of memory that sticks does: the same bit of several words.
  @Test func twoBitsDoNotMakeUpForEachOther() {
    let bytes = [UInt8](repeating: 7, count: 128)
    for first in stride(from: 7, to: 128, by: 8) {
      for second in stride(from: first + 8, to: 128, by: 8) {
        var changed = bytes
        changed[first] ^= 0x80
        changed[second] ^= 0x80
        #expect(hash(changed) != hash(bytes), "bytes \(first) and \(second)")
      }
    }
  }

  @Test func whatComesBeforeCounts() {
    #expect(hash([2], seed: hash([1])) != hash([2], seed: hash([3])))
    #expect(hash([], seed: hash([1])) != hash([1]))
  }
}
