import Logging
import Synchronization

/// Keeps what is logged, for a test to look at and wait for.
final class CapturedLog: Sendable {
  struct Entry: Sendable {
    var level: Logger.Level
    var message: String
    var metadata: Logger.Metadata
  }

  private let entries = Mutex<[Entry]>([])
  private let stream: AsyncStream<Entry>
  private let writer: AsyncStream<Entry>.Continuation

  init() {
    (stream, writer) = AsyncStream.makeStream()
  }

  var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(log: self) }
    logger.logLevel = .trace
    return logger
  }

  var all: [Entry] { entries.withLock { $0 } }

  /// Returns the first entry with this message, once it is there. One test waits at a time.
  func first(_ message: String) async -> Entry? {
    if let entry = all.first(where: { $0.message == message }) { return entry }
    for await entry in stream where entry.message == message { return entry }
    return nil
  }

  private struct Handler: LogHandler {
    let log: CapturedLog
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let entry = Entry(level: event.level, message: "\(event.message)", metadata: event.metadata ?? [:])
      log.entries.withLock { $0.append(entry) }
      log.writer.yield(entry)
    }
  }
}
