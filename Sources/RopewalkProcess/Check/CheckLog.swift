import Logging
import Synchronization

/// Everything that the connector's processes print and log while they are checked.
final class CheckLog: Sendable {
  private struct State {
    var lines: [String] = []
    var printed: [String] = []
    var leftOut = 0
  }

  /// Lines beyond these are counted only.
  private static let mostLines = 50_000

  private let state = Mutex(State())

  var logger: Logger { Logger(label: "ropewalk.check") { _ in Handler(log: self) } }

  /// What came over standard output after the handshake.
  var printed: [String] { state.withLock(\.printed) }

  /// Whether a word was said anywhere.
  func contains(_ word: String) -> Bool { state.withLock { $0.lines.contains { $0.contains(word) } } }

  func add(_ line: String, isPrinted: Bool = false) {
    state.withLock { state in
      guard state.lines.count < Self.mostLines else {
        state.leftOut += 1
        return
      }
      state.lines.append(line)
      if isPrinted { state.printed.append(line) }
    }
  }

  private struct Handler: LogHandler {
    let log: CheckLog
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      let line = "\(event.message) " + all.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
      log.add(line, isPrinted: all["stream"].map { "\($0)" == "stdout" } ?? false)
    }
  }
}
