import Crypto
import RopewalkCore

/// By which a receiver knows a message again: `integration:customer:id:destination`, the same at every attempt, after restarts and
/// for replays.
///
/// Ids are a customer's own, so two customers may have the same; and two destinations may be behind one address.
enum IdempotencyKey {
  /// Bytes of a key; receivers take no more (our own `http-webhook` takes 256). One that would be longer is a digest.
  static let maxLength = 255

  static func key(of message: Message) -> String {
    let metadata = message.metadata
    // Whoever tries a connector out without an integration has no names; in a run each part has one.
    let parts = [metadata.integrationID, metadata.customerID, message.id, metadata.destination].filter { !$0.isEmpty }
    let key = parts.map(escaped).joined(separator: ":")
    return key.utf8.count <= maxLength ? key : digest(key)
  }

  private static func digest(_ key: String) -> String {
    SHA256.hash(data: Array(key.utf8)).reduce(into: "sha256:") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
  }

  /// So that no part has a colon, and `%` only stands for what was escaped.
  private static func escaped(_ part: String) -> String {
    guard part.utf8.contains(where: { !isPlain($0) }) else { return part }
    return part.utf8.map { byte in
      isPlain(byte) ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }.joined()
  }

  /// Visible ASCII.
  private static func isPlain(_ byte: UInt8) -> Bool {
    0x21...0x7E ~= byte && byte != UInt8(ascii: ":") && byte != UInt8(ascii: "%")
  }
}
