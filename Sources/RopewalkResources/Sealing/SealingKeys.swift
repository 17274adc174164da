import Crypto
package import RopewalkCore
import RopewalkFunctions

extension ErrorCode {
  package static let sealingKey = ErrorCode("secret.key", .unavailable)
  package static let sealedUnreadable = ErrorCode("secret.sealed", .unavailable)
}

/// The keys that the values of Secrets are encrypted with (AES-256-GCM): one to write with, and older ones to read with.
///
/// Keys come from the ``SecretSource``: `resource_encryption_key` is the one to write with; a key that it took the place
/// of goes to `resource_encryption_old_keys`, divided by commas, until ``ResourceRegistry/sealSecretsAnew()`` has run.
package struct SealingKeys: Sendable {
  package static let secretName = "resource_encryption_key"
  package static let oldSecretName = "resource_encryption_old_keys"

  /// Whether a secret of this name is such a key, however it is written.
  package static func isName(_ name: String) -> Bool {
    [secretName, oldSecretName].contains(String(name.lowercased().map { $0 == "-" || $0 == "." ? "_" : $0 }))
  }

  private let keys: [String: SymmetricKey]
  /// Says with which key something is encrypted: the beginning of the key's SHA-256.
  package let activeID: String

  /// - Parameter texts: keys of 32 bytes in base64, the one to write with first.
  /// - Throws: `secret.key` when one is no such key.
  package init(_ texts: [String]) throws(RopewalkError) {
    var keys: [String: SymmetricKey] = [:]
    var ids: [String] = []
    for text in texts {
      guard let bytes = Base64.decode(text), bytes.count == 32 else {
        throw RopewalkError(.sealingKey, "a key for Secrets is 32 bytes in base64; make one with: head -c 32 /dev/urandom | base64")
      }
      let id = SHA256.hash(data: bytes).prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      keys[id] = SymmetricKey(data: bytes)
      ids.append(id)
    }
    guard let activeID = ids.first else { throw RopewalkError(.sealingKey, "there is no key for Secrets") }
    self.keys = keys
    self.activeID = activeID
  }

  /// The keys of a source; nil when it has none.
  /// - Throws: `secret.key`, and whatever the source throws when it cannot be read.
  package static func load(from source: any SecretSource) async throws -> SealingKeys? {
    guard let active = try await source.secret(named: secretName) else { return nil }
    let old = try await source.secret(named: oldSecretName)?.reveal() ?? ""
    let texts = [active.reveal()] + old.split(whereSeparator: { $0 == "," || $0.isWhitespace }).map(String.init)
    return try SealingKeys(texts.map { String($0.filter { !$0.isWhitespace }) })
  }

  /// A new key in the form that the source has it.
  package static func makeKey() -> Secret {
    let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
    return Secret(Base64.text(bytes))
  }

  /// Encrypts a value for one place: it can be read at no other.
  func seal(_ value: [UInt8], for place: String) throws -> [UInt8] {
    guard let key = keys[activeID] else { throw RopewalkError(.sealingKey, "there is no key for Secrets") }
    let box = try AES.GCM.seal(value, using: key, authenticating: Array(place.utf8))
    return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
  }

  func open(_ bytes: [UInt8], keyID: String, for place: String) throws(RopewalkError) -> [UInt8] {
    guard let key = keys[keyID] else {
      throw RopewalkError(
        .sealedUnreadable,
        "the key \(keyID) that \(place) is encrypted with is missing; put it in \(Self.oldSecretName)"
      )
    }
    do {
      let box = try AES.GCM.SealedBox(combined: bytes)
      return Array(try AES.GCM.open(box, using: key, authenticating: Array(place.utf8)))
    } catch {
      throw RopewalkError(.sealedUnreadable, "\(place) cannot be decrypted: it is damaged, or was moved from elsewhere")
    }
  }
}
