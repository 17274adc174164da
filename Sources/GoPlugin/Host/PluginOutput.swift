import GRPCCore
import Logging
import NIOCore
import Synchronization

/// What a plugin prints: takes the handshake out of standard output, turns the rest into log lines, and keeps the end
/// of it for errors.
final class PluginOutput: Sendable {
  private struct Tails {
    var standardOutput: OutputTail
    var standardError: OutputTail
  }

  private let tails: Mutex<Tails>
  private let limits: HostLimits
  private let logger: Logger
  private let handshakes: AsyncThrowingStream<HandshakeLine, any Error>
  private let handshakeWriter: AsyncThrowingStream<HandshakeLine, any Error>.Continuation

  init(limits: HostLimits, logger: Logger) {
    let tail = OutputTail(limit: limits.outputShown)
    tails = Mutex(Tails(standardOutput: tail, standardError: tail))
    self.limits = limits
    self.logger = logger
    (handshakes, handshakeWriter) = AsyncThrowingStream.makeStream(bufferingPolicy: .bufferingOldest(1))
  }

  /// What the plugin printed last, for an error.
  var shown: String {
    tails.withLock { tails in
      [("standard output", tails.standardOutput.text), ("standard error", tails.standardError.text)]
        .filter { !$0.1.isEmpty }
        .map { "\($0.0):\n\($0.1)" }
        .joined(separator: "\n")
    }
  }

  private var pace: LogPace {
    LogPace(linesPerSecond: limits.logLinesPerSecond, bytesPerSecond: limits.logBytesPerSecond)
  }

  /// Returns the handshake, or nil when standard output ended before it. Throws what is wrong with it. To be called once.
  func handshake() async throws -> HandshakeLine? {
    for try await line in handshakes { return line }
    return nil
  }

  /// Reads standard output to its end, and closes the pipe.
  func readStandardOutput(_ descriptor: Int32) async {
    var reader = HandshakeReader()
    var isStarted = false
    var lines = LineSplitter(limit: limits.logLineLength)
    await read(descriptor) { bytes in
      guard !isStarted else { return lines.read(bytes, self.logOutput) }
      self.tails.withLock { $0.standardOutput.append(bytes) }
      do {
        guard let (line, rest) = try reader.read(bytes) else { return }
        self.handshakeWriter.yield(line)
        lines.read(rest, self.logOutput)
      } catch {
        self.handshakeWriter.finish(throwing: error)
      }
      isStarted = true
    }
    lines.finish(logOutput)
    handshakeWriter.finish()
  }

  /// Reads standard error to its end, and closes the pipe.
  func readStandardError(_ descriptor: Int32) async {
    var lines = LineSplitter(limit: limits.logLineLength)
    await read(descriptor) { bytes in
      self.tails.withLock { $0.standardError.append(bytes) }
      lines.read(bytes, self.log)
    }
    lines.finish(log)
  }

  /// Reads what the plugin sends of its standard output over the connection, until that ends. A plugin built with an
  /// old go-plugin has no such service.
  func readStream(of client: GRPCClient<PluginTransport>) async {
    try? await client.serverStreaming(
      request: ClientRequest(message: EmptyMessage()),
      descriptor: Methods.standardOutput,
      serializer: WireCoder<EmptyMessage>(),
      deserializer: WireCoder<StandardOutputData>(),
      options: .defaults
    ) { response in
      var output = LineSplitter(limit: self.limits.logLineLength)
      var error = LineSplitter(limit: self.limits.logLineLength)
      var pace = self.pace
      defer {
        output.finish(self.logOutput)
        error.finish(self.log)
      }
      // No piece is taken before the one ahead of it is logged: flow control holds the plugin back.
      for try await piece in response.messages {
        if piece.channel == StandardOutputData.standardError {
          error.read(piece.data, self.log)
        } else {
          output.read(piece.data, self.logOutput)
        }
        try await self.rest(after: piece.data, &pace)
      }
    }
  }

  private func read(_ descriptor: Int32, _ body: (ByteBufferView) -> Void) async {
    var pace = self.pace
    // At the end of the pipe, of the task, or when the pipe fails, there is nothing to be done but to stop.
    try? await PipeReading.channel(of: descriptor).executeThenClose { inbound in
      for try await buffer in inbound {
        body(buffer.readableBytesView)
        try await rest(after: buffer.readableBytesView, &pace)
      }
    }
  }

  private func rest(after bytes: some Collection<UInt8>, _ pace: inout LogPace) async throws {
    let lines = bytes.count { $0 == UInt8(ascii: "\n") }
    if let pause = pace.read(lines: lines, bytes: bytes.count, at: .now) {
      try await Task.sleep(until: pause)
    } else {
      // Where output never runs dry, the loop would keep its thread from every other task.
      await Task.yield()
    }
  }

  private func log(_ line: LineSplitter.Line) {
    let line = LogLine(line)
    logger.log(level: line.level, "\(line.message)", metadata: line.metadata)
  }

  private func logOutput(_ line: LineSplitter.Line) {
    guard !line.bytes.isEmpty else { return }
    logger.debug("\(String(decoding: line.bytes, as: UTF8.self))", metadata: ["stream": "stdout"])
  }
}
