import Glibc
import NIOPosix
import RopewalkConnector
import Synchronization

/// Writes down in a file what happens to it, so that a test sees it when the process is gone.
///
/// Settings: `journal`, the path of that file; `count`, `size` and `parallel` of the messages it hands over;
/// `offset`, the number of the first one, where the host keeps no position; `talks`, how many lines it logs at once; `asks`, how often it asks for the secret `slow` at once. The credential `token` must not be `expired`.
final class PeerConnector: ConnectionNode {
  static let about = PluginMetadata(
    id: "peer",
    name: "peer",
    version: "1.2.3",
    supportedTypes: ["peer"],
    description: "For tests",
    capabilities: [.bidirectional, .retryable, .sharedProcess],
    configSchema: .object(["type": "object"])
  )

  let metadata = PeerConnector.about
  let mayBlock: Bool
  private let host: ConnectorHost?
  private let isStrict: Bool
  private let state = Mutex<(configuration: ConnectionConfiguration?, file: Int32)>((nil, -1))

  init(host: ConnectorHost?, mayBlock: Bool = true, isStrict: Bool = false) {
    self.host = host
    self.mayBlock = mayBlock
    self.isStrict = isStrict
  }

  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    let missing = (isStrict ? ["journal", "strict"] : ["journal"]).filter { configuration.settings[$0] == nil }
    guard missing.isEmpty else { return missing.map { ConfigurationProblem(path: [$0], "is missing", remedy: "name a file") } }
    guard let token = configuration.credentials["token"]?.reveal(), token.hasPrefix("expired-") else { return [] }
    return [ConfigurationProblem(path: [], "the token \(token) has expired")]
  }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    guard let path = configuration.settings["journal"]?.string else {
      throw ConnectionError(.invalidConfiguration, "there is no journal")
    }
    let file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0o600)
    guard file >= 0 else { throw ConnectionError(.connectionFailed, "the journal cannot be opened", recoverable: true) }
    state.withLock { $0 = (configuration, file) }
    note("connected \(configuration.id) \(configuration.ends.rawValue)")
    for (name, value) in configuration.credentials.sorted(by: { $0.key < $1.key }) {
      note("credential \(name) \(value.reveal())")
      await host?.log(.warning, "logs the \(name) \(value.reveal())")
      Self.print("prints the \(name) \(value.reveal())")
    }
    if let host, let count = configuration.settings["talks"]?.int {
      await withDiscardingTaskGroup { group in
        for number in 0..<count { group.addTask { await host.log(.info, "talks \(number)") } }
      }
    }
    if let host, let count = configuration.settings["asks"]?.int {
      await withDiscardingTaskGroup { group in
        for _ in 0..<count { group.addTask { _ = try? await host.secret(named: "slow") } }
      }
    }
    if let host, let ask = configuration.settings["ask"]?.string { await self.ask(host, ask) }
  }

  /// Tries what the host offers, and writes down what comes of it.
  private func ask(_ host: ConnectorHost, _ secret: String) async {
    do throws(ConnectionError) {
      let value = try await host.secret(named: secret)
      await host.log(.warning, "the secret is \(value.reveal())", fields: ["given": value.reveal()])
      var line = "on standard error: \(value.reveal())\n"
      line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
      note("secret of \(value.reveal().utf8.count) bytes")
      note("configured as \(try await host.configuration().name)")
    } catch {
      note("refused \(error.code)")
    }
    for index in 0..<3 { await host.recordMetric(.counter, "peer_asked", 1, labels: ["index": "\(index)"]) }
  }

  func disconnect() async {
    note("disconnected")
    state.withLock { state in
      if state.file >= 0 { close(state.file) }
      state = (nil, -1)
    }
  }

  func send(_ message: Message) async throws(ConnectionError) {
    switch message.headers["do"] {
    case "reject": throw ConnectionError(.rejected, "not this one")
    case "tell":
      let token = state.withLock(\.configuration)?.credentials["token"]?.reveal() ?? ""
      throw ConnectionError(.rejected, "the other side does not know \(token)")
    case "later": throw ConnectionError(.rateLimited, "later", recoverable: true, retryAfter: .seconds(7))
    case "hang":
      await host?.log(.info, "hangs \(message.id)")
      await untilCancelled()
      note("cancelled \(message.id)")
      // In a task of its own: this one is cancelled, and the call would be too.
      await Task { [host] in await host?.log(.info, "cancelled \(message.id)") }.value
      throw ConnectionError(.cancelled, "given up", recoverable: true)
    case "block":
      note("blocks \(message.id)")
      let release = (state.withLock(\.configuration)?.settings["journal"]?.string ?? "") + ".release"
      while access(release, F_OK) != 0 { usleep(1000) }
    case "exit": exit(3)
    case "where": note(MultiThreadedEventLoopGroup.currentEventLoop == nil ? "apart" : "on the connection's thread")
    case "metadata": note("metadata \(message.metadata) \(message.contentType) \(message.timestamp)")
    case nil: break
    default: throw ConnectionError(.unsupported, "what?")
    }
    note("sent \(message.id) \(message.payload.count) \(Self.checksum(message.payload))")
  }

  func receive(into inbox: Inbox) async throws(ConnectionError) {
    guard let settings = state.withLock(\.configuration)?.settings else { return }
    let count = settings["count"]?.int ?? 0
    let payload = [UInt8](repeating: 0x61, count: settings["size"]?.int ?? 10)
    let first = Int(String(decoding: inbox.resumePosition, as: UTF8.self)).map { $0 + 1 } ?? settings["offset"]?.int ?? 0
    note("receives from \(first)")
    // At once: positions hold only for a source that offers its messages in their order.
    await withTaskGroup(of: Void.self) { group in
      var index = first
      for _ in 0..<(settings["parallel"]?.int ?? 64) where index < count {
        group.addImmediateTask { [index] in await self.handOver(index, payload, inbox) }
        index += 1
      }
      while await group.next() != nil, index < count, !Task.isCancelled {
        group.addImmediateTask { [index] in await self.handOver(index, payload, inbox) }
        index += 1
      }
    }
    note(Task.isCancelled ? "stopped" : "ended")
    if settings["endless"]?.bool == true { await untilCancelled() }
    if settings["fail"]?.bool == true { throw ConnectionError(.receiveFailed, "the source broke", recoverable: true) }
  }

  private func handOver(_ index: Int, _ payload: [UInt8], _ inbox: Inbox) async {
    let message = Message(
      id: "m-\(index)",
      payload: payload,
      metadata: MessageMetadata(customerID: "globex", tenantID: "t", integrationID: "i", source: "s", destination: "d", correlationID: "c"),
      headers: MessageHeaders([
        .init(name: "ropewalk-path-customer", value: "globex"), .init(name: "X-Number", value: "\(index)"),
      ])
    )
    while true {
      switch await inbox.accept(message, position: Array("\(index)".utf8)) {
      case .accepted: return note("accepted \(index)")
      case .duplicate: return note("duplicate \(index)")
      case .refused(let refusal):
        if refusal.reason.isFinal || Task.isCancelled { return note("refused \(index)") }
        do { try await Task.sleep(for: refusal.retryAfter) } catch { return note("refused \(index)") }
      }
    }
  }

  private func note(_ line: String) {
    Self.print(line, to: state.withLock(\.file))
  }

  private static func print(_ line: String, to file: Int32 = STDERR_FILENO) {
    var line = line + "\n"
    line.withUTF8 { _ = write(file, $0.baseAddress, $0.count) }
  }

  /// Adler's, of some of the bytes.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var (low, high): (UInt32, UInt32) = (1, 0)
    for index in stride(from: 0, to: bytes.count, by: 4093) {
      low = (low &+ UInt32(bytes[index])) % 65_521
      high = (high &+ low) % 65_521
    }
    return high << 16 | low
  }
}

/// Returns when the task is cancelled.
private func untilCancelled() async {
  let (stream, continuation) = AsyncStream<Never>.makeStream()
  await withTaskCancellationHandler {
    for await _ in stream {}
  } onCancel: {
    continuation.finish()
  }
}
