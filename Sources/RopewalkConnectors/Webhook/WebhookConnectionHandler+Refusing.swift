import NIOCore
import NIOHTTP1
import RopewalkCore

extension WebhookConnectionHandler {
  func refuse(_ answer: WebhookAnswer, _ head: HTTPRequestHead, declaredLength: Int? = nil) {
    let length = declaredLength ?? head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
    state = .refusing(answer)
    setDeadline(bodyTimeout)
    if length > Self.maxSkipped.bytes || head.headers.contains(name: "expect") {
      persistence = .close
      respond(answer)
    }
  }

  func skip(_ part: ByteBuffer, before answer: WebhookAnswer) {
    skipped += part.readableBytes
    guard skipped > Self.maxSkipped.bytes else { return }
    persistence = .close
    respond(answer)
  }

  func tooLarge(for endpoint: WebhookEndpoint) -> WebhookAnswer {
    let limit = endpoint.maxBodySize
    return .failure(.webhookTooLarge, "the body is larger than \(limit); send less, or raise 'maxBodySize'", status: .payloadTooLarge)
  }

  func refuseUnreadable(_ error: HTTPParserError) {
    persistence = .close
    if case .headerOverflow = error {
      respond(
        .failure(.webhookHeaderTooLarge, "the header is too large; send fewer or shorter fields", status: .requestHeaderFieldsTooLarge)
      )
    } else {
      respond(.failure(.webhookInvalid, "the request is not valid HTTP/1.1"))
    }
  }
}
