import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// A small client for the tests' requests.
enum HTTP {
  struct Answer {
    var status: Int
    var headers: [String: String]
    var body: String
  }

  private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  /// The answer to one request. A port accepts connections a moment before its source takes messages: 503 asks to send
  /// again later, which is done.
  static func post(
    _ body: [UInt8],
    to url: String,
    headers: [String: String] = [:],
    method: String = "POST",
    limit: Duration = .seconds(120)
  ) async throws -> Answer {
    let deadline = ContinuousClock.now + limit
    while true {
      let answer = try await once(body, to: url, headers: headers, method: method)
      if answer.status != 503 || ContinuousClock.now >= deadline { return answer }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  /// On a connection of its own.
  static func once(_ body: [UInt8], to url: String, headers: [String: String], method: String = "POST") async throws -> Answer {
    guard let url = URLComponents(string: url), let host = url.host, let port = url.port else { throw WaitFailure("\(url) is no URL") }
    var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method), uri: url.percentEncodedPath)
    head.headers = HTTPHeaders(headers.map { ($0.key, $0.value) } + [("Host", "\(host):\(port)"), ("Content-Length", "\(body.count)")])
    let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: host, port: port) { channel in
      channel.eventLoop.makeCompletedFuture {
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        return try Connection(wrappingChannelSynchronously: channel)
      }
    }
    return try await connection.executeThenClose { parts, writer in
      try await withThrowingTaskGroup { [head] group in
        group.addTask {
          // A server may answer before it has read everything, and close: its answer counts then.
          try? await writer.write(contentsOf: [.head(head), .body(.byteBuffer(ByteBuffer(bytes: body))), .end(nil)])
        }
        defer { group.cancelAll() }
        return try await answer(parts)
      }
    }
  }

  static func post(_ text: String, to url: String, headers: [String: String] = [:]) async throws -> Answer {
    try await post(Array(text.utf8), to: url, headers: headers)
  }

  private static func answer(_ parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws -> Answer {
    var answer = Answer(status: 0, headers: [:], body: "")
    for try await part in parts {
      switch part {
      case .head(let head):
        answer.status = Int(head.status.code)
        answer.headers = Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }) { $1 }
      case .body(let bytes): answer.body += String(buffer: bytes)
      case .end: return answer
      }
    }
    throw WaitFailure("the connection closed before the answer ended")
  }

  /// Returns when something accepts connections on the port; the limit is a bound against hanging.
  static func waitForListener(on port: Int, limit: Duration = .seconds(120)) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
      do {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .connect(host: "127.0.0.1", port: port).get()
        try await channel.close().get()
        return
      } catch {
        guard ContinuousClock.now < deadline else { throw WaitFailure("nothing listens on port \(port)") }
        try await Task.sleep(for: .milliseconds(10))
      }
    }
  }
}
