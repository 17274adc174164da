import NIOCore
import NIOPosix
import RopewalkConnector
import RopewalkCore
import Synchronization

/// One connection: a listener for lines, a sender of lines, or both.
final class LineConnector: ConnectionNode {
  static let metadata = PluginMetadata(
    id: "github.com/ropewalk/examples/swift-tcp-lines",
    name: "swift-tcp-lines",
    supportedTypes: ["tcp-lines"],
    description: "A message per line over TCP, each answered.",
    documentation: "https://github.com/ropewalk/ropewalk/tree/main/Examples/connectors/swift-tcp-lines",
    capabilities: [.bidirectional, .sharedProcess],
    configSchema: LineSettings.schema
  )

  private struct State {
    var listener: (any Channel)?
    var sender: LineSender?
  }

  private let state = Mutex(State())
  private let intake = LineIntake()

  var metadata: PluginMetadata { Self.metadata }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    LineSettings.read(configuration).1
  }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    if let problem = await validate(configuration).first {
      throw ConnectionError(.invalidConfiguration, "\(problem.path.joined(separator: ".")) \(problem.message)")
    }
    let settings = LineSettings.read(configuration).0
    if let address = settings.listen {
      let intake = intake
      do {
        let listener = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
          .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
          .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(LineReceiver(intake)) }
          }
          .bind(host: address.host, port: address.port)
          .get()
        state.withLock { $0.listener = listener }
      } catch {
        throw ConnectionError(.connectionFailed, "cannot listen on \(address.host):\(address.port): \(error)", recoverable: true)
      }
    }
    if let address = settings.connect {
      state.withLock { $0.sender = LineSender(address, timeout: configuration.timeout) }
    }
  }

  func disconnect() async {
    let (listener, sender) = state.withLock { state in
      defer { state = State() }
      return (state.listener, state.sender)
    }
    try? await listener?.close()
    intake.closeConnections()
    await sender?.close()
  }

  func send(_ message: Message) async throws(ConnectionError) {
    guard let sender = state.withLock(\.sender) else {
      throw ConnectionError(.unsupported, "this connection was given no address to connect to")
    }
    try await sender.send(message.payload)
  }

  /// Lines are taken while this runs; others are told to come again.
  func receive(into inbox: Inbox) async throws(ConnectionError) {
    intake.open(inbox)
    defer { intake.close() }
    // The listener works by itself; this ends when it is cancelled.
    while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
  }
}
