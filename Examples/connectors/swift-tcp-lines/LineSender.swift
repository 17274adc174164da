import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkCore
import Synchronization

/// Sends lines over one connection, which is made anew when it is lost.
final class LineSender: Sendable {
  private let address: LineSettings.Address
  private let timeout: Duration
  private let connection = Mutex<EventLoopFuture<any Channel>?>(nil)

  init(_ address: LineSettings.Address, timeout: Duration) {
    self.address = address
    self.timeout = timeout
  }

  /// Returns when the receiver has answered `ok`.
  func send(_ payload: [UInt8]) async throws(ConnectionError) {
    guard !payload.contains(UInt8(ascii: "\n")), payload.count < LineBuffer.longestLine else {
      throw ConnectionError(.rejected, "the payload has a line break, or more than \(LineBuffer.longestLine) bytes")
    }
    let answer: String
    do {
      let channel = try await open().get()
      let line = LineAwaitingAnswer(bytes: payload, answer: channel.eventLoop.makePromise(), timeout: TimeAmount(timeout))
      channel.writeAndFlush(line).cascadeFailure(to: line.answer)
      answer = try await line.answer.futureResult.get()
    } catch {
      throw ConnectionError(.sendFailed, "\(address.host):\(address.port) did not answer: \(error)", recoverable: true)
    }
    let words = answer.split(separator: " ")
    switch words.first {
    case "ok": return
    case "again":
      let wait = words.dropFirst().first.flatMap { Int($0) } ?? 1000
      throw ConnectionError(.rateLimited, "the receiver has no room", recoverable: true, retryAfter: .milliseconds(wait))
    default: throw ConnectionError(.rejected, "the receiver will never take the message")
    }
  }

  private func open() -> EventLoopFuture<any Channel> {
    connection.withLock { connection in
      if let connection { return connection }
      let made = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .connectTimeout(TimeAmount(timeout))
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(AnswerReader()) }
        }
        .connect(host: address.host, port: address.port)
      connection = made
      made.whenFailure { _ in self.lost(made) }
      made.whenSuccess { $0.closeFuture.whenComplete { _ in self.lost(made) } }
      return made
    }
  }

  private func lost(_ old: EventLoopFuture<any Channel>) {
    connection.withLock { if $0 === old { $0 = nil } }
  }

  func close() async {
    guard let channel = try? await connection.withLock({ $0.take() })?.get() else { return }
    try? await channel.close()
  }
}
