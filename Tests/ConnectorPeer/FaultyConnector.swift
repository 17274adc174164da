import FoundationEssentials
import Glibc
import Logging
import RopewalkConnector
import RopewalkCore
import Synchronization

/// What a connector does wrong, beyond what an SDK puts right, each for one check of `ropewalk plugin check`.
enum Fault: String {
  case none
  /// Names a version that is none.
  case hasNoVersion
  /// Has a list in place of a schema.
  case hasNoSchema
  /// Connects once in the life of its process.
  case connectsOnce
  /// Refuses bad settings as if its peer were away.
  case wrongCode
  /// Calls one of many messages delivered that it has forgotten.
  case losesOne
  /// Says of a large message that it may succeed later.
  case postponesLarge
  /// Delivers nothing more once a message that it has at hand was given up.
  case brokenByCancel
  /// Leaves out one of many lines.
  case skipsOne
  /// Forgets a message that the host had no room for.
  case forgetsRefused
  /// Acknowledges a line to its source before the host has it.
  case forgetsWhenKilled
  /// Goes on receiving for some seconds when it is told to stop.
  case receivesOn
  /// Prints on standard output.
  case prints
  /// Logs its credentials.
  case tellsSecrets
  /// Logs what it sends.
  case tellsPayloads
}

/// Adds messages as lines to a file, or hands lines of a file out and notes beside it how many bytes the host has.
final class FaultyConnector: ConnectionNode {
  static func about(_ fault: Fault) -> PluginMetadata {
    var about = PluginMetadata(
      id: "faulty",
      name: "faulty",
      version: "1.0.0",
      supportedTypes: ["faulty"],
      description: "The lines of a file, both ways, with a fault",
      capabilities: [.bidirectional],
      configSchema: ["type": "object", "properties": ["path": ["type": "string"]], "required": ["path"], "additionalProperties": false]
    )
    if fault == .hasNoVersion { about.version = "first" }
    if fault == .hasNoSchema { about.configSchema = [] }
    return about
  }

  private static let logger = Logger(label: "faulty")
  private static let connections = Mutex(0)

  private struct State {
    var path = ""
    var file: Int32 = -1
    var sends = 0
    var isBroken = false
  }

  let metadata: PluginMetadata
  private let fault: Fault
  private let state = Mutex(State())

  init(_ fault: Fault) {
    self.fault = fault
    metadata = FaultyConnector.about(fault)
  }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    configuration.settings.members.filter { $0.key != "path" }
      .map { ConfigurationProblem(path: [$0.key], "is not known", remedy: "remove it") }
  }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard await validate(configuration).isEmpty, let path = configuration.settings["path"]?.string else {
      throw ConnectionError(fault == .wrongCode ? .connectionFailed : .invalidConfiguration, "the settings are wrong")
    }
    let isFirst = Self.connections.withLock { connections in
      connections += 1
      return connections == 1
    }
    if fault == .connectsOnce, !isFirst { throw ConnectionError(.connectionFailed, "it was connected before", recoverable: true) }
    if fault == .tellsSecrets { Self.logger.info("connects with \(configuration.credentials.values.map { $0.reveal() })") }
    let file = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw ConnectionError(.connectionFailed, "the file cannot be opened", recoverable: true) }
    state.withLock { $0 = State(path: path, file: file) }
  }

  func disconnect() async {
    state.withLock { state in
      if state.file >= 0 { close(state.file) }
      state = State()
    }
  }

  func send(_ message: Message) async throws(ConnectionError) {
    if fault == .prints { print("sends \(message.id)") }
    if fault == .tellsPayloads { Self.logger.info("sends \(String(decoding: message.payload.prefix(100), as: UTF8.self))") }
    let sends = nextSend()
    if fault == .brokenByCancel { try await takeTime(sends) }
    if fault == .losesOne, sends == 500 { return }
    if fault == .postponesLarge, message.payload.count > 4 << 20 {
      throw ConnectionError(.sendFailed, "there is no room for it now", recoverable: true)
    }
    let line = message.payload + [UInt8(ascii: "\n")]
    let isWritten = state.withLock { write($0.file, line, line.count) == line.count }
    guard isWritten else { throw ConnectionError(.sendFailed, "the line could not be written", recoverable: true) }
  }

  /// Counts from 1 in each connection.
  private func nextSend() -> Int {
    state.withLock { state in
      state.sends += 1
      return state.sends
    }
  }

  /// Up to 200 ms, each message another time, so that some are at hand whenever others are done.
  private func takeTime(_ sends: Int) async throws(ConnectionError) {
    try? await Task.sleep(for: .milliseconds(sends * 7 % 200))
    let isBroken = state.withLock { state in
      if Task.isCancelled { state.isBroken = true }
      return state.isBroken
    }
    if isBroken { throw ConnectionError(.sendFailed, "the connection is out of step", recoverable: true) }
  }

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    var (offset, count) = (acknowledged, 0)
    while !Task.isCancelled {
      let lines = read(at: offset).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
      for line in lines where !Task.isCancelled {
        if fault == .forgetsWhenKilled { acknowledge(offset + line.count + 1) }
        count += 1
        if fault != .skipsOne || count != 50 { await handOver(Message(payload: Array(line), contentType: "text/plain"), to: inbox) }
        // What was given up half way is read again.
        guard !Task.isCancelled else { break }
        offset += line.count + 1
        acknowledge(offset)
      }
      if lines.isEmpty { try? await Task.sleep(for: .milliseconds(20)) }
    }
    // In a task of its own, which is not cancelled.
    if fault == .receivesOn { await Task { try? await Task.sleep(for: .seconds(6)) }.value }
  }

  private func handOver(_ message: Message, to inbox: Inbox) async {
    while case .refused(let refusal) = await inbox.accept(message), fault != .forgetsRefused, !Task.isCancelled {
      try? await Task.sleep(for: refusal.retryAfter)
    }
  }

  private func read(at offset: Int) -> [UInt8] {
    state.withLock { state in
      Array(unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        count = max(0, pread(state.file, buffer.baseAddress, buffer.count, off_t(offset)))
      }
    }
  }

  // MARK: What its source knows

  private var notePath: String { state.withLock { $0.path + ".acknowledged" } }

  /// How many bytes.
  private var acknowledged: Int {
    FileManager.default.contents(atPath: notePath).flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
  }

  private func acknowledge(_ offset: Int) {
    try? Data("\(offset)".utf8).write(to: URL(filePath: notePath), options: .atomic)
  }
}
