import NIOCore
import NIOHTTP1
import RopewalkCore

/// One request and the answer that is waited for.
final class HTTPExchange: Sendable {
  /// What becomes of an answer's body beyond its limit.
  enum Overflow: Sendable {
    /// The exchange fails.
    case fail
    /// The rest is read and thrown away, the connection closed when there is too much of it.
    case discard
  }

  struct Answer: Sendable {
    var head: HTTPResponseHead
    var body: ByteBuffer?
  }

  /// On whose behalf it is made.
  let customer: String
  let head: HTTPRequestHead
  let body: ByteBuffer?
  let deadline: NIODeadline
  /// The time limit behind `deadline`, for messages.
  let timeout: Duration
  let maxBodySize: ByteCount
  let overflow: Overflow
  let outcome = OneShot<Result<Answer, HTTPClientError>>()

  init(
    for customer: String,
    head: HTTPRequestHead,
    body: ByteBuffer?,
    deadline: NIODeadline,
    timeout: Duration,
    maxBodySize: ByteCount,
    overflow: Overflow
  ) {
    self.customer = customer
    self.head = head
    self.body = body
    self.deadline = deadline
    self.timeout = timeout
    self.maxBodySize = maxBodySize
    self.overflow = overflow
  }
}
