public import GRPCCore
public import GRPCNIOTransportCore
import Logging
import Synchronization

/// Further connections between a host and its plugin, in either direction: how a plugin calls back.
///
/// One side serves under a number and tells the other, over a stream that both hold open; the number itself travels in
/// a message of the plugin's own protocol. Each connection is secured as the first one is.
public final class PluginBroker: Sendable {
  private let lastID = Mutex<UInt32>(0)
  private let offers: BrokerOffers<PluginAddress>
  /// Where the connections are streams of the one that there is.
  private let door: Door?
  private let outgoing: AsyncStream<ConnectionOffer>
  private let outgoingWriter: AsyncStream<ConnectionOffer>.Continuation
  private let directory: String
  private let trust: Trust
  /// What the other side is enclosed in, where it is a plugin that is.
  private let enclosure: PluginEnclosure?
  private let limits: HostLimits
  private let logger: Logger

  init(
    directory: String,
    trust: Trust,
    enclosure: PluginEnclosure? = nil,
    multiplexer: Multiplexer? = nil,
    limits: HostLimits,
    logger: Logger
  ) {
    offers = BrokerOffers(limit: limits.brokerOffers)
    door = multiplexer.map { Door($0, limits: limits) }
    (outgoing, outgoingWriter) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limits.brokerOffers))
    self.directory = directory
    self.trust = trust
    self.enclosure = enclosure
    self.limits = limits
    self.logger = logger
  }

  /// A number for a connection that this side is to serve. Each is given once.
  public func nextID() -> UInt32 {
    lastID.withLock { id in
      id &+= 1
      return id
    }
  }

  /// Serves `services` to the other side under the number `id` for as long as `body` runs, then closes the connection.
  ///
  /// Throws what `body` throws, `brokerClosed` when the other side is gone, or that the socket cannot be made.
  public func withServices<Result: Sendable>(
    _ services: [any RegistrableRPCService],
    id: UInt32,
    _ body: () async throws -> Result
  ) async throws -> Result {
    let path = "\(directory)/\(id)"
    let transport = UnixListener(path: path, trust: trust)
      .transport(messageLength: limits.calledMessageLength, callsAtOnce: limits.callsAtOnce)
    let server = GRPCServer(transport: transport, services: services)
    defer { PrivateDirectory.removeSocket(at: path) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.serve() }
      guard await transport.listeningAddress != nil else {
        try await group.waitForAll()
        throw GoPluginError(.systemCallFailed, "no connection for a plugin can be offered at \(path)")
      }
      try offer(id, at: path)
      defer { door?.stopsServing(id) }
      let outcome: Swift.Result<Result, any Error>
      do {
        outcome = .success(try await body())
      } catch {
        outcome = .failure(error)
      }
      // Gone first from the file system: NIO stops the process when a connection is accepted while its server is cancelled.
      PrivateDirectory.removeSocket(at: path)
      server.beginGracefulShutdown()
      group.addTask { [limits] in try await Task.sleep(for: limits.brokerStopGrace) }
      _ = try? await group.next()
      group.cancelAll()
      return try outcome.get()
    }
  }

  /// Connects to what the other side serves under the number `id` and closes the connection when `body` ends.
  ///
  /// Throws what `body` throws, `brokerTimedOut` when the other side does not offer it in time, `brokerClosed`, or
  /// `connectionFailed`.
  public func withClient<Result: Sendable>(
    id: UInt32,
    _ body: (GRPCClient<PluginTransport>) async throws -> Result
  ) async throws -> Result {
    let (transport, executor) = try await connect(to: id)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      let client = GRPCClient(transport: transport)
      group.addTask(executorPreference: executor) { try await client.runConnections() }
      defer { group.cancelAll() }
      return try await body(client)
    }
  }

  /// Holds the host's end of the stream until it ends, and closes the broker then.
  func run(over client: GRPCClient<PluginTransport>) async {
    defer { close() }
    do {
      try await client.bidirectionalStreaming(
        request: StreamingClientRequest { writer in try await self.writeOffers(to: writer) },
        descriptor: Methods.brokerStream,
        serializer: WireCoder<ConnectionOffer>(),
        deserializer: WireCoder<ConnectionOffer>(),
        options: .defaults
      ) { response in
        var pace = LogPace(linesPerSecond: self.limits.logLinesPerSecond, bytesPerSecond: self.limits.logBytesPerSecond)
        for try await offer in response.messages {
          self.received(offer)
          // Each may be a line of log.
          if let pause = pace.read(lines: 1, bytes: 0, at: .now) { try await Task.sleep(until: pause) }
        }
      }
    } catch {
      logger.debug("the broker's stream has ended", metadata: ["error": "\(error)"])
    }
  }

  func writeOffers(to writer: RPCWriter<ConnectionOffer>) async throws {
    for await offer in outgoing { try await writer.write(offer) }
  }

  func received(_ offer: ConnectionOffer) {
    if let knock = offer.knock {
      // The other side knocks again, or gives up, where an answer finds no room.
      if let answer = door?.received(knock, id: offer.service) { try? send(answer) }
      return
    }
    let address: PluginAddress
    do {
      address = try PluginAddress(network: offer.network, address: offer.address)
    } catch {
      logger.warning("the other side offers a connection that cannot be used", metadata: ["error": "\(error)"])
      return
    }
    if !offers.add(address, id: offer.service) {
      logger.warning("the other side offers more connections than are awaited", metadata: ["id": "\(offer.service)"])
    }
  }

  func close() {
    outgoingWriter.finish()
    offers.close()
    door?.close()
  }

  private func offer(_ id: UInt32, at path: String) throws {
    guard let door else { return try send(ConnectionOffer(service: id, network: "unix", address: path)) }
    if let answer = door.serves(id, at: path) { try send(answer) }
  }

  private func send(_ offer: ConnectionOffer) throws {
    switch outgoingWriter.yield(offer) {
    case .enqueued: break
    case .dropped:
      throw GoPluginError(.brokerFull, "\(limits.brokerOffers) connections are offered that the other side has not taken note of")
    case .terminated: throw GoPluginError.brokerClosed
    @unknown default: throw GoPluginError.brokerClosed
    }
  }

  private func connect(to id: UInt32) async throws -> (transport: PluginTransport, executor: any TaskExecutor) {
    if let door {
      return try await door.enter(id, telling: { try self.send($0) }) {
        try await PluginRoute.stream(of: door.multiplexer).connect(trust: trust, messageLength: limits.messageLength)
      }
    }
    let address = try await offers.wait(for: id, atMost: limits.brokerTimeout)
    return try await PluginRoute.socket(address, through: enclosure).connect(trust: trust, messageLength: limits.messageLength)
  }
}
