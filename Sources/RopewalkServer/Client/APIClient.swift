import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import RopewalkCore

/// Speaks to a server's API over HTTP, a connection for each request. For commands, which ask little and end.
package struct APIClient: Sendable {
  package struct Answer: Sendable {
    package var status: Int
    package var body: JSON
    /// What the server remarks beside its answer.
    package var warnings: [String]
  }

  /// Bytes of one answer, or of one line of a watch, at most.
  private static let maxAnswer = ByteCount.mebibytes(256)
  private static let connectTimeout = TimeAmount.seconds(10)

  package let configuration: ClientConfiguration

  package init(_ configuration: ClientConfiguration) {
    self.configuration = configuration
  }

  /// - Parameters:
  ///   - path: with its query, percent-encoded.
  ///   - contentType: of the body.
  /// - Throws: `client.unreachable`; `client.refused` or a code of the same kind when the server answers with a refusal.
  package func send(
    _ method: String,
    _ path: String,
    accept: String = MediaType.json,
    contentType: String = MediaType.json,
    body: JSON? = nil
  ) async throws -> Answer {
    let answer = try await answer(method, path, accept: accept, contentType: contentType, body: body)
    guard answer.status < 400 else { throw Self.refusal(answer) }
    return answer
  }

  /// The answer, a refusal as well.
  func answer(
    _ method: String,
    _ path: String,
    accept: String = MediaType.json,
    contentType: String = MediaType.json,
    body: JSON? = nil
  ) async throws -> Answer {
    var answer = Answer(status: 0, body: .null, warnings: [])
    var bytes: [UInt8] = []
    try await exchange(method, path, accept: accept, contentType: contentType, body: body) { part in
      switch part {
      case .head(let head):
        answer.status = Int(head.status.code)
        answer.warnings = head.headers["Warning"].map(Self.text(ofWarning:))
      case .body(let buffer):
        bytes.append(contentsOf: buffer.readableBytesView)
        guard bytes.count <= Self.maxAnswer.bytes else { throw unreachable("its answer is larger than \(Self.maxAnswer)") }
      case .end: break
      }
      return true
    }
    answer.body = (try? JSON.parse(bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    return answer
  }

  /// Hands each line of a watch to `line`, until it returns false or the server ends the watch.
  package func watch(_ path: String, accept: String = MediaType.json, _ line: (JSON) throws -> Bool) async throws {
    var status = 0
    var rest: [UInt8] = []
    try await exchange("GET", path, accept: accept, contentType: MediaType.json, body: nil) { part in
      switch part {
      case .head(let head): status = Int(head.status.code)
      case .end: break
      case .body(let buffer):
        rest.append(contentsOf: buffer.readableBytesView)
        guard rest.count <= Self.maxAnswer.bytes else { throw unreachable("a line of its answer is larger than \(Self.maxAnswer)") }
        while status < 400, let end = rest.firstIndex(of: 0x0A) {
          let event = try JSON.parse(Array(rest[..<end]))
          rest.removeFirst(end + 1)
          guard try line(event) else { return false }
        }
      }
      return true
    }
    if status >= 400 { throw Self.refusal(Answer(status: status, body: (try? JSON.parse(rest)) ?? .null, warnings: [])) }
  }

  // MARK: One exchange

  /// Hands the parts of the answer to `receive` until that returns false or the answer ends.
  private func exchange(
    _ method: String,
    _ path: String,
    accept: String,
    contentType: String,
    body: JSON?,
    _ receive: (HTTPClientResponsePart) throws -> Bool
  ) async throws {
    let channel = try await connect()
    let payload = body.map { $0.serialised() }
    var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: path)
    head.headers = [
      "Host": authority, "Accept": accept, "User-Agent": "ropewalk/\(RopewalkVersion.current)", "Connection": "close",
    ]
    if let token = configuration.token { head.headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let payload {
      head.headers.add(name: "Content-Type", value: contentType)
      head.headers.add(name: "Content-Length", value: String(payload.count))
    }
    do {
      try await channel.executeThenClose { inbound, outbound in
        try await outbound.write(.head(head))
        if let payload { try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: payload)))) }
        try await outbound.write(.end(nil))
        for try await part in inbound {
          guard try receive(part) else { break }
          if case .end = part { break }
        }
      }
    } catch let error as RopewalkError {
      throw error
    } catch let error as NIOSSLError where error == .uncleanShutdown {
      return
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      throw unreachable("\(error)")
    }
  }

  private var authority: String {
    let host = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
    return "\(host):\(configuration.port)"
  }

  private func connect() async throws -> NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart> {
    let tls = try configuration.tls
    let host = configuration.host
    do {
      return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connectTimeout(Self.connectTimeout)
        .connect(host: host, port: configuration.port) { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if let tls {
              let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
              try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host))
            }
            try pipeline.addHTTPClientHandlers()
            return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
          }
        }
    } catch {
      throw unreachable("\(error)")
    }
  }

  private func unreachable(_ reason: String) -> RopewalkError {
    RopewalkError(.clientUnreachable, "no answer from \(configuration.server): \(reason); is 'ropewalk serve' running there?")
  }

  private static func refusal(_ answer: Answer) -> RopewalkError {
    let message = answer.body["message"]?.string ?? "the server answered \(answer.status)"
    let kind: ErrorCode.Kind =
      switch answer.status {
      case 400: .invalid
      case 401, 403: .denied
      case 404: .notFound
      case 409, 410: .conflict
      case 422: .rejected
      case 429: .overloaded
      case 503: .unavailable
      case 504: .timeout
      default: .fault
      }
    return RopewalkError(ErrorCode("client.refused", kind), message)
  }

  /// The text of a header such as `299 - "unknown field"`.
  private static func text(ofWarning header: String) -> String {
    guard let start = header.firstIndex(of: "\""), header.last == "\"" else { return header }
    return String(header[header.index(after: start)...].dropLast()).replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
  }
}
