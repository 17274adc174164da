import NIOCore
import NIOHTTP1
import NIOSSL
import RopewalkConnector
import RopewalkCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A connected `http` destination: its pool, and all of a request that does not change from message to message.
final class HTTPDestination: Sendable {
  private let pool: HTTPPool
  private let resolver: AddressResolver
  private let origin: HTTPURL.Origin
  private let target: String
  private let method: HTTPMethod
  private let fixedHeaders: HTTPHeaders
  private let fixesContentType: Bool
  private let idempotencyHeader: String?
  private let timeout: Duration
  private let maxAnswerSize: ByteCount
  private let redactor: Redactor

  /// - Throws: when a certificate file cannot be read.
  init(
    _ settings: HTTPSettings,
    timeout: Duration,
    group: any EventLoopGroup,
    resolver: AddressResolver
  ) throws(ConnectionError) {
    origin = settings.url.origin
    target = settings.url.target
    method = HTTPMethod(rawValue: settings.method)
    idempotencyHeader = settings.idempotencyHeader
    self.timeout = settings.timeout ?? timeout
    self.resolver = resolver
    var headers = HTTPHeaders([("Host", settings.url.origin.hostHeader)])
    for field in settings.headers.fields { headers.add(name: field.name, value: field.value) }
    if let (name, value) = settings.authentication.map(Self.header) { headers.replaceOrAdd(name: name, value: value) }
    if !headers.contains(name: "User-Agent") { headers.add(name: "User-Agent", value: "ropewalk") }
    fixesContentType = headers.contains(name: "Content-Type")
    fixedHeaders = headers
    redactor = Redactor(Self.secrets(of: settings))
    maxAnswerSize = ByteCount(HTTPAnswerMapping.maxQuoted.bytes * 2 + redactor.longest)
    let dialer = HTTPDialer(
      origin: origin,
      tls: origin.isSecure ? try Self.makeTLS(settings.tls) : nil,
      idleTimeout: settings.idleTimeout,
      group: group
    )
    pool = HTTPPool(dialer: dialer, limits: HTTPPool.Limits(maxConnections: settings.maxConnections, idleTimeout: settings.idleTimeout))
  }

  func send(_ message: Message) async throws(ConnectionError) {
    guard HTTPSyntax.isFieldValue(message.contentType) else {
      throw ConnectionError(
        .rejected,
        "the message's content type holds characters that a header cannot carry; set a proper one in the last step"
      )
    }
    let exchange = HTTPExchange(
      for: message.metadata.customerID,
      head: HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers(for: message)),
      body: message.payload.isEmpty ? nil : ByteBuffer(bytes: message.payload),
      deadline: .now() + TimeAmount(timeout),
      timeout: timeout,
      maxBodySize: maxAnswerSize,
      overflow: .discard
    )
    let answer: HTTPExchange.Answer
    do throws(HTTPClientError) {
      answer = try await pool.perform(exchange) { () async throws(HTTPClientError) in
        try await resolver.addresses(of: origin, until: exchange.deadline, timeout: timeout)
      }
    } catch {
      throw Self.connectionError(error)
    }
    if let error = HTTPAnswerMapping.error(for: answer, of: origin.description, redacting: redactor) { throw error }
  }

  func shutDown() {
    pool.shutDown()
  }

  private func headers(for message: Message) -> HTTPHeaders {
    var headers = fixedHeaders
    headers.reserveCapacity(fixedHeaders.capacity + 6)
    if !fixesContentType, !message.contentType.isEmpty { headers.add(name: "Content-Type", value: message.contentType) }
    headers.add(name: "Content-Length", value: String(message.payload.count))
    if let idempotencyHeader { headers.add(name: idempotencyHeader, value: IdempotencyKey.key(of: message)) }
    if !message.metadata.correlationID.isEmpty {
      headers.add(name: "X-Correlation-ID", value: HTTPSyntax.escapedWord(message.metadata.correlationID))
    }
    if let parent = TraceParent.next(of: message.metadata.traceID) { headers.add(name: "traceparent", value: parent) }
    return headers
  }

  private static func connectionError(_ error: HTTPClientError) -> ConnectionError {
    switch error {
    case .timeout: ConnectionError(.timeout, error.description, recoverable: true)
    case .unresolvable, .unreachable, .tls: ConnectionError(.connectionFailed, error.description, recoverable: true)
    case .closed, .malformed, .tooLarge, .shutDown: ConnectionError(.sendFailed, error.description, recoverable: true)
    case .overloaded: ConnectionError(.rateLimited, error.description, recoverable: true)
    case .cancelled: ConnectionError(.cancelled, error.description, recoverable: true)
    }
  }

  private static func header(of authentication: HTTPSettings.Authentication) -> (String, String) {
    switch authentication {
    case .bearer(let token): ("Authorization", "Bearer \(token.reveal())")
    case .basic(let username, let password): ("Authorization", "Basic " + base64(username, password))
    case .apiKey(let header, let value): (header, value.reveal())
    }
  }

  private static func base64(_ username: String, _ password: Secret) -> String {
    Data("\(username):\(password.reveal())".utf8).base64EncodedString()
  }

  private static func secrets(of settings: HTTPSettings) -> [String] {
    let query = settings.url.target.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
    var secrets = [settings.url.target] + settings.headers.fields.map(\.value)
    secrets += query.split(separator: "&").compactMap { $0.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init) }
    switch settings.authentication {
    case .bearer(let token): secrets.append(token.reveal())
    case .basic(let username, let password): secrets += [password.reveal(), base64(username, password)]
    case .apiKey(_, let value): secrets.append(value.reveal())
    case nil: break
    }
    return secrets
  }

  private static func makeTLS(_ settings: HTTPSettings.TLS?) throws(ConnectionError) -> NIOSSLContext {
    let (authorities, problem) = settings?.readAuthorities() ?? (nil, nil)
    if let problem { throw ConnectionError(problem) }
    do {
      return try ClientTLS.makeContext(verify: settings?.verify ?? true, authorities: authorities)
    } catch {
      throw ConnectionError(.invalidConfiguration, "config.tls cannot be used: \(error)")
    }
  }
}
