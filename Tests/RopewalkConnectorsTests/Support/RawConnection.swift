import NIOCore
import NIOPosix
import NIOSSL

@testable import RopewalkConnectors

/// An answer as it came over the wire.
struct RawAnswer: Equatable {
  var status: Int
  var headers: [String: String]
  var body: String
}

/// A client that says exactly the bytes it is told to, and reads answers.
final class RawConnection {
  private let writer: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private var reader: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private var received: [UInt8] = []

  private init(_ reader: NIOAsyncChannelInboundStream<ByteBuffer>, _ writer: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
    self.writer = writer
    self.reader = reader.makeAsyncIterator()
  }

  /// Connects, in TLS when a context is given, runs `body`, and closes.
  static func with<Result>(
    _ address: ListenAddress,
    tls: NIOSSLContext? = nil,
    _ body: (RawConnection) async throws -> Result
  ) async throws -> Result {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connect(host: address.host, port: address.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost")) }
          return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { reader, writer in
      try await body(RawConnection(reader, writer))
    }
  }

  func send(_ text: String) async throws {
    try await writer.write(ByteBuffer(string: text))
  }

  func send(_ bytes: [UInt8]) async throws {
    try await writer.write(ByteBuffer(bytes: bytes))
  }

  /// The next answer; nil when the server closes before it.
  func answer(withoutBody: Bool = false) async throws -> RawAnswer? {
    let separator = Array("\r\n\r\n".utf8)
    while true {
      if let end = received.firstRange(of: separator) {
        var lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let status = Int(lines.removeFirst().split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in lines {
          let parts = line.split(separator: ": ", maxSplits: 1)
          headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1]) : ""
        }
        let length = withoutBody || status == 100 ? 0 : Int(headers["content-length"] ?? "0") ?? 0
        if received.count >= end.upperBound + length {
          let body = String(decoding: received[end.upperBound..<end.upperBound + length], as: UTF8.self)
          received.removeFirst(end.upperBound + length)
          return RawAnswer(status: status, headers: headers, body: body)
        }
      }
      guard let more = try await reader.next(isolation: #isolation) else { return nil }
      received += more.readableBytesView
    }
  }

  /// Returns once the server has closed; what it still sent is returned.
  func untilClosed() async -> [UInt8] {
    while let more = try? await reader.next(isolation: #isolation) { received += more.readableBytesView }
    return received
  }
}
