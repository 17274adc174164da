import NIOHTTP1
import RopewalkCore

/// Checks that a request was signed by who knows the secret.
enum SignatureVerifier: Sendable {
  case standardWebhooks(StandardWebhooksSignature)
  case github(GitHubSignature)

  /// Why a request is turned away. Says what the sender must do, never what would have been right.
  struct Mismatch: Error {
    var message: String
  }

  /// The message id that the scheme carries, if it does.
  func verify(headers: HTTPHeaders, body: some Collection<UInt8>, now: Timestamp) throws(Mismatch) -> String? {
    switch self {
    case .standardWebhooks(let scheme): try scheme.verify(headers: headers, body: body, now: now)
    case .github(let scheme): try scheme.verify(headers: headers, body: body)
    }
  }
}
