import Crypto
import NIOHTTP1
import RopewalkCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Standard Webhooks 1.0: `webhook-signature: v1,<base64> …` is the HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`.
/// Several signatures may stand there while a secret is replaced. (github.com/standard-webhooks/standard-webhooks)
struct StandardWebhooksSignature: Sendable {
  private let key: SymmetricKey
  private let tolerance: Duration

  /// Nil when the secret, without its prefix `whsec_`, is not base64.
  init?(secret: Secret, tolerance: Duration) {
    let text = secret.reveal()
    guard let bytes = Data(base64Encoded: text.hasPrefix("whsec_") ? String(text.dropFirst("whsec_".count)) : text), !bytes.isEmpty
    else { return nil }
    key = SymmetricKey(data: bytes)
    self.tolerance = tolerance
  }

  func verify(headers: HTTPHeaders, body: some Collection<UInt8>, now: Timestamp) throws(SignatureVerifier.Mismatch) -> String? {
    guard let id = headers.first(name: "webhook-id"), let timestamp = headers.first(name: "webhook-timestamp"),
      let signatures = headers.first(name: "webhook-signature")
    else {
      throw .init(message: "webhook-id, webhook-timestamp or webhook-signature is missing; sign the request as Standard Webhooks says")
    }
    guard let seconds = Int64(timestamp), abs(seconds) < 1 << 33 else {
      throw .init(message: "webhook-timestamp is not a number of seconds since 1970")
    }
    guard Duration.seconds(abs(now.nanoseconds / 1_000_000_000 - seconds)) <= tolerance else {
      throw .init(
        message: "webhook-timestamp is more than \(tolerance.shortText) away from the receiver's clock; set the clock or send again"
      )
    }
    var hmac = HMAC<SHA256>(key: key)
    hmac.update(data: Array("\(id).\(timestamp).".utf8))
    hmac.updateContiguously(body)
    let expected = Array(hmac.finalize())
    let fits = signatures.split(separator: " ").contains { signature in
      guard signature.hasPrefix("v1,"), let given = Data(base64Encoded: String(signature.dropFirst(3))) else { return false }
      return ConstantTime.equal(Array(given), expected)
    }
    guard fits else { throw .init(message: "no signature fits the body; check that both sides have the same secret") }
    return id
  }
}
