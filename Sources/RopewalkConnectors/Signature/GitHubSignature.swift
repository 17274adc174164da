import Crypto
import NIOHTTP1
import RopewalkCore

/// GitHub's `X-Hub-Signature-256: sha256=<hexadecimal HMAC-SHA256 of the body>`, with the delivery's id in `X-GitHub-Delivery`.
struct GitHubSignature: Sendable {
  private let key: SymmetricKey

  init(secret: Secret) {
    key = SymmetricKey(data: Array(secret.reveal().utf8))
  }

  func verify(headers: HTTPHeaders, body: some Collection<UInt8>) throws(SignatureVerifier.Mismatch) -> String? {
    guard let header = headers.first(name: "x-hub-signature-256") else {
      throw .init(message: "the header X-Hub-Signature-256 is missing; set the webhook's secret at the sender")
    }
    var hmac = HMAC<SHA256>(key: key)
    hmac.updateContiguously(body)
    guard header.hasPrefix("sha256="), let given = Hexadecimal.decode(header.dropFirst("sha256=".count)),
      ConstantTime.equal(given, Array(hmac.finalize()))
    else { throw .init(message: "the signature does not fit the body; check that both sides have the same secret") }
    return headers.first(name: "x-github-delivery")
  }
}
