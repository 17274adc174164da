import FoundationEssentials
import GRPCCore
import GRPCProtobuf
import Glibc
import GoPlugin
import Logging
import RopewalkConnector
import SwiftProtobuf

/// The ways in which the connector breaks the contract.
enum Lie: String {
  /// Answers a message that was not sent.
  case unknownOutcome
  /// Answers a message twice.
  case twoOutcomes
  /// Announces a message of 1 GiB.
  case gigabyte
  /// Announces a payload above the limit, and sends all of it in chunks.
  case oversized
  /// Sends far more chunks than it has announced.
  case overflow
  /// Sends more messages than the host has room for.
  case flood
  /// Sends messages out of order.
  case disorder
  /// Repeats in one frame, of a few bytes each, more than memory should be taken for.
  case swelling
  /// Has a position that is longer than the host keeps, where it is asked for messages.
  case longPosition
  /// Writes a frame that is no Protocol Buffers.
  case malformed
  /// Says nothing in its first frame that it should.
  case noOpening
  /// Takes messages and never says what became of them.
  case neverAnswers
  /// Opens the stream and reads nothing more.
  case neverReads
  /// Keeps the contract, and writes to standard error without end.
  case shouting
  /// Ends the stream as soon as something comes.
  case endsEarly
  /// Was written for a version of the contract that is to come.
  case newerVersion
  /// Says that it has streams, and has none.
  case noStream
}

/// A connector that says anything, one frame after another, whatever the host says.
struct LyingPlugin: RegistrableRPCService {
  let lie: Lie?

  static func serve(_ lie: Lie) async throws { try await serve(LyingPlugin(lie: lie)) }

  /// Serves calls alone, as a simple connector in another language does.
  static func serveWithoutStreams() async throws { try await serve(LyingPlugin(lie: nil)) }

  private static func serve(_ service: LyingPlugin) async throws {
    let configuration = PluginServerConfiguration(cookie: ConnectorProtocol.cookie, protocolVersions: ConnectorProtocol.handshakeVersions)
    try await servePlugin(configuration, logger: Logger(label: "liar")) { _, _ in [service] }
  }

  private static func method(_ name: String) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "ropewalk.connector.v1.Connector", method: name)
  }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    func unary<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>(
      _ name: String,
      _ answer: @escaping @Sendable (Request) throws -> Response
    ) {
      router.registerHandler(
        forMethod: Self.method(name),
        deserializer: ProtobufDeserializer<Request>(),
        serializer: ProtobufSerializer<Response>()
      ) { request, _ in
        let request = try await ServerRequest(stream: request)
        return StreamingServerResponse(single: ServerResponse(message: try answer(request.message)))
      }
    }
    unary("Metadata") { [lie] (_: WireMetadataRequest) in
      var metadata = WirePluginMetadata()
      metadata.id = "liar"
      metadata.name = "liar"
      metadata.supportedTypes = ["peer"]
      metadata.protocolVersion = lie == .newerVersion ? 2 : 1
      metadata.capabilities = lie == nil ? ["retryable", "of-a-later-version"] : ["streaming"]
      return metadata
    }
    unary("Connect") { (_: WireConnectRequest) in WireConnectResponse() }
    unary("Disconnect") { (_: WireDisconnectRequest) in WireDisconnectResponse() }
    unary("Send") { (request: WireSendRequest) in
      var response = WireSendResponse()
      if request.message.headers.contains(where: { $0.name == "do" }) { response.error.code = "REJECTED" }
      // What Go's gRPC takes in one message, unless it is told otherwise.
      guard request.message.payload.count < 4 << 20 else {
        throw RPCError(code: .resourceExhausted, message: "received message larger than max")
      }
      return response
    }
    if lie == .longPosition {
      unary("Receive") { (_: WireReceiveRequest) in
        var message = WireIncomingMessage()
        message.sequence = 1
        message.message.id = "1"
        message.position = Data(count: 65 << 10)
        var response = WireReceiveResponse()
        response.messages = [message]
        return response
      }
    }
    guard let lie, lie != .noStream, lie != .longPosition else { return }
    router.registerHandler(
      forMethod: Self.method("Exchange"),
      deserializer: ProtobufDeserializer<WireHostFrame>(),
      serializer: RawSerializer()
    ) { request, _ in
      StreamingServerResponse { writer in
        try await Self.exchange(lie, request.messages, writer)
        return [:]
      }
    }
  }

  private static func exchange(
    _ lie: Lie,
    _ frames: RPCAsyncSequence<WireHostFrame, any Error>,
    _ writer: RPCWriter<[UInt8]>
  ) async throws {
    func write(_ change: (inout WireConnectorFrame) -> Void) async throws {
      var frame = WireConnectorFrame()
      change(&frame)
      try await writer.write(frame.serializedBytes())
    }
    func messages(_ sequences: some Sequence<UInt64>, chunkedLength: UInt64 = 0) async throws {
      try await write { frame in
        frame.received.messages = sequences.map { sequence in
          var message = WireIncomingMessage()
          message.sequence = sequence
          message.message.id = "\(sequence)"
          message.chunkedLength = chunkedLength
          return message
        }
      }
    }
    func chunks(_ count: Int) async throws {
      for _ in 0..<count {
        try await write { frame in
          frame.chunk.sequence = 1
          frame.chunk.data = Data(count: 1 << 20)
        }
      }
    }
    var frames = frames.makeAsyncIterator()
    _ = try await frames.next()
    guard lie != .noOpening else {
      try await write { $0.credit.messages = 1 }
      while try await frames.next() != nil {}
      return
    }
    try await write { frame in
      frame.opened.credit.messages = 10
      frame.opened.credit.bytes = 1000
    }
    switch lie {
    case .gigabyte: try await messages([1], chunkedLength: 1 << 30)
    case .oversized:
      try await messages([1], chunkedLength: 65 << 20)
      try await chunks(65)
    case .overflow:
      try await messages([1], chunkedLength: 2 << 20)
      try await chunks(80)
    case .shouting: shout()
    case .flood: try await messages(1...100_000)
    case .disorder: try await messages([1, 3])
    case .swelling: try await messages(repeatElement(0, count: 150_000))
    case .malformed: try await writer.write([0xff, 0xff, 0xff])
    case .neverReads: try await Task.sleep(for: .seconds(600))
    case .unknownOutcome, .twoOutcomes, .neverAnswers, .endsEarly, .newerVersion, .noStream, .noOpening, .longPosition: break
    }
    while let frame = try await frames.next() {
      guard case .send(let batch) = frame.frame else { continue }
      switch lie {
      case .unknownOutcome: try await write { $0.outcomes.outcomes = [.with { $0.sequence = 77 }] }
      case .twoOutcomes: try await write { $0.outcomes.outcomes = [.with { $0.sequence = 1 }, .with { $0.sequence = 1 }] }
      case .shouting: try await write { $0.outcomes.outcomes = batch.messages.map { message in .with { $0.sequence = message.sequence } } }
      case .endsEarly: return
      default: break
      }
    }
  }
}

/// Never ends. On a thread of its own, which waits where nobody reads.
private func shout() {
  var thread = pthread_t()
  pthread_create(
    &thread,
    nil,
    { _ in
      let line = [UInt8](repeating: UInt8(ascii: "A"), count: 99) + [UInt8(ascii: "\n")]
      while true { _ = write(STDERR_FILENO, line, line.count) }
    },
    nil
  )
}

/// Writes bytes as they are.
private struct RawSerializer: MessageSerializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: [UInt8]) throws -> Bytes { Bytes(message) }
}
