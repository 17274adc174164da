import Crypto
import RopewalkCore

/// The public half of an NKey: a letter and base32 of the Ed25519 key with its CRC-16, as the NATS project's nkeys have it.
struct NKey {
  /// `U…` for a user's.
  let publicKey: String

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
  /// The first five bits of a seed, `S`.
  private static let seedPrefix: UInt8 = 18 << 3
  private static let seedLength = 36

  /// Reads a seed, such as `SUAG…`.
  /// - Throws: `nats.settings.invalid`, without the seed.
  init(seedFile: String, contents: String) throws(RopewalkError) {
    let lines = contents.split { $0.isNewline }.map { $0.filter { !$0.isWhitespace } }
    guard let line = lines.first(where: { $0.hasPrefix("SU") }), let raw = Self.decode(line), raw.count == Self.seedLength,
      raw[0] & 0xF8 == Self.seedPrefix, Self.checksum(raw.dropLast(2)) == UInt16(raw[34]) | UInt16(raw[35]) << 8,
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: raw[2..<34])
    else {
      throw RopewalkError(.natsSettings, "\(seedFile) holds no NKey seed of a user (one that begins with SU)")
    }
    let kind = (raw[0] & 7) << 5 | (raw[1] & 0xF8) >> 3
    var content = [kind] + Array(key.publicKey.rawRepresentation)
    let sum = Self.checksum(content[...])
    content += [UInt8(sum & 0xFF), UInt8(sum >> 8)]
    publicKey = Self.encode(content)
  }

  private static func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for character in text.utf8 {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      bits = bits << 5 | UInt32(value)
      count += 5
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }

  private static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      count += 8
      while count >= 5 {
        count -= 5
        text.append(alphabet[Int(bits >> UInt32(count) & 31)])
      }
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(5 - count) & 31)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// CRC-16/XMODEM.
  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    var sum: UInt16 = 0
    for byte in bytes {
      sum ^= UInt16(byte) << 8
      for _ in 0..<8 { sum = sum & 0x8000 != 0 ? sum << 1 ^ 0x1021 : sum << 1 }
    }
    return sum
  }
}
