import Logging
import NIOPosix
import RopewalkConnector
import RopewalkCore
import Synchronization

/// `stdio`, incoming: what comes in on the standard input becomes messages, until it ends.
final class StdioSourceConnector: ConnectionNode {
  static let information = PluginMetadata(
    id: "dev.ropewalk.stdio-source",
    name: "stdio",
    supportedTypes: ["stdio"],
    description: "Reads messages from the standard input",
    documentation: "docs/guide/connectors.md#stdio",
    configSchema: StdinSettings.schema
  )

  static let inputIsTaken = "another connector reads the standard input already; use 'stdio' as incoming once"

  private struct Connected: Sendable {
    var settings: StdinSettings
    var name: String
    var threads: NIOThreadPool
    var reader: InterruptibleReader
  }

  private let streams: StandardStreams
  private let logger: Logger
  private let connected = Mutex<Connected?>(nil)

  init(streams: StandardStreams, logger: Logger) {
    self.streams = streams
    self.logger = logger
  }

  var metadata: PluginMetadata { Self.information }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    StdinSettings.read(configuration.settings).problems
  }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard connected.withLock({ $0 == nil }) else { return }
    let settings = try StdinSettings.require(configuration)
    guard streams.takeInput() else {
      throw ConnectionError(.connectionFailed, Self.inputIsTaken)
    }
    let threads = NIOThreadPool(numberOfThreads: 1)
    do throws(FileSystemError) {
      let reader = try InterruptibleReader(input: streams.input, threads: threads)
      threads.start()
      connected.withLock { $0 = Connected(settings: settings, name: configuration.name, threads: threads, reader: reader) }
    } catch {
      streams.giveInputBack()
      throw ConnectionError(.connectionFailed, error.description, recoverable: true)
    }
  }

  func disconnect() async {
    guard let old = connected.withLock({ $0.take() }) else { return }
    old.reader.interrupt()
    try? await old.threads.shutdownGracefully()
    streams.giveInputBack()
  }

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    guard let connected = connected.withLock({ $0 }) else {
      throw ConnectionError(.receiveFailed, "the connector 'stdio' is not connected")
    }
    let patient = PatientInbox(inbox: inbox, logger: logger)
    var splitter = FrameSplitter(delimiter: connected.settings.framing.delimiter, maxSize: connected.settings.maxSize.bytes)
    while !Task.isCancelled {
      let bytes = try await next(from: connected.reader)
      var frames = bytes.map { splitter.feed($0) } ?? []
      if bytes == nil, !Task.isCancelled, let rest = splitter.finish() { frames.append(rest) }
      try await handOn(frames, connected, into: patient)
      if bytes == nil { return }
    }
  }

  func health() async -> ConnectionHealth {
    connected.withLock { $0 == nil } ? .unhealthy(reason: "not connected") : .healthy
  }

  private func next(from reader: InterruptibleReader) async throws(ConnectionError) -> [UInt8]? {
    do {
      return try await withTaskCancellationHandler {
        try await reader.next()
      } onCancel: {
        reader.interrupt()
      }
    } catch let error as FileSystemError {
      throw ConnectionError(.receiveFailed, error.description)
    } catch {
      return nil
    }
  }

  private func handOn(_ frames: [FrameSplitter.Frame], _ connected: Connected, into inbox: PatientInbox) async throws(ConnectionError) {
    var frames = frames[...]
    let limit = connected.settings.parallel
    try await forEachElement(atMost: limit, next: { () async throws(ConnectionError) in frames.popFirst() }) { frame in
      switch frame {
      case .complete(let offset, let bytes):
        let id = MessageID.next()
        let message = Message(
          id: id,
          payload: bytes,
          contentType: connected.settings.contentType,
          metadata: MessageMetadata(source: connected.name, correlationID: id)
        )
        _ = await inbox.accept(message, from: "standard input at byte \(offset)")
      case .tooLong(let offset, let size):
        let place = "standard input at byte \(offset)"
        inbox.leaveOut("message is longer than maxSize and was left out", size: size, from: place, source: connected.name)
      }
    }
  }
}
