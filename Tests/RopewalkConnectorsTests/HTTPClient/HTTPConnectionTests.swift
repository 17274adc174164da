import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOSSL
import RopewalkCore
import Testing

@testable import RopewalkConnectors

struct HTTPConnectionTests {
  @Test func saysWhyItEndedBeforeItsFirstExchange() async throws {
    let channel = NIOAsyncTestingChannel()
    let handler = NIOLoopBoundBox.makeBoxSendingValue(
      HTTPConnectionHandler(peer: "sink.example:443", idleTimeout: .seconds(30)),
      eventLoop: channel.eventLoop
    )
    try await channel.eventLoop.submit { try channel.pipeline.syncOperations.addHandler(handler.value) }.get()
    try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 443))
    let connection = HTTPConnection(channel: channel, handler: handler)

    channel.pipeline.fireErrorCaught(NIOSSLExtraError.failedToValidateHostname)
    await channel.testingEventLoop.run()
    #expect(!connection.isOpen)

    let closed = OneShot<Void>()
    connection.observe(HTTPConnectionHandler.Events(becameIdle: {}, closed: { closed.fulfil(()) }))
    let exchange = HTTPExchange(
      for: "acme",
      head: HTTPRequestHead(version: .http1_1, method: .POST, uri: "/"),
      body: nil,
      deadline: .now() + .seconds(60),
      timeout: .seconds(60),
      maxBodySize: .kibibytes(1),
      overflow: .fail
    )
    await channel.testingEventLoop.run()
    let error = await #expect(throws: HTTPClientError.self) { try await connection.perform(exchange) }
    #expect(error == .tls("sink.example:443", reason: "its certificate is for another name"))
    await closed.wait()
  }
}
