import Logging
import Synchronization

/// What was logged.
final class LogRecorder: Sendable {
  struct Line: Sendable, Equatable {
    var level: Logger.Level
    var message: String
    var metadata: [String: String]
  }

  private let storage = Mutex<[Line]>([])

  var lines: [Line] { storage.withLock { $0 } }

  func record(_ line: Line) { storage.withLock { $0.append(line) } }
}

struct RecordingHandler: LogHandler {
  let recorder: LogRecorder
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    recorder.record(.init(level: event.level, message: "\(event.message)", metadata: all.mapValues { "\($0)" }))
  }
}
