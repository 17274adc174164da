import Logging
import RopewalkCore
import Synchronization

/// Writes where an incoming connection has come to, many steps with one sync: a host that dies hears of some messages again.
final class PositionKeeper: Sendable {
  private struct State {
    var written: [UInt8]
    var latest: [UInt8]
  }

  private let file: PositionFile
  private let interval: Duration
  private let stopwatch: Stopwatch
  private let logger: Logger
  private let state: Mutex<State>
  private let bell = Bell()

  /// - Throws: when the position that was written last cannot be read.
  init(_ file: PositionFile, interval: Duration, stopwatch: Stopwatch, logger: Logger) throws(RopewalkError) {
    let position = try file.read()
    self.file = file
    self.interval = interval
    self.stopwatch = stopwatch
    self.logger = logger
    state = Mutex(State(written: position, latest: position))
  }

  /// Where to go on.
  var position: [UInt8] { state.withLock(\.latest) }

  /// Everything before this is the host's for good.
  func advance(to position: [UInt8]) {
    let isFirst = state.withLock { state in
      defer { state.latest = position }
      return state.latest == state.written
    }
    if isFirst { bell.ring() }
  }

  /// Writes until the task is cancelled, and what came last then.
  func run() async {
    while !Task.isCancelled {
      if state.withLock({ $0.latest == $0.written }) { await bell.wait() }
      write()
      try? await stopwatch.sleepAside(for: interval)
    }
    write()
  }

  /// Writes the last position now.
  func write() {
    let next = state.withLock { $0.latest == $0.written ? nil : $0.latest }
    guard let next else { return }
    do {
      try file.write(next)
      state.withLock { $0.written = next }
    } catch {
      logger.warning(
        "The position of a connection is not written; after a restart of the host some messages come again",
        metadata: ["error": "\(error.message)"]
      )
      // The next step, or the end, tries again.
      state.withLock { $0.written = [] }
    }
  }
}
