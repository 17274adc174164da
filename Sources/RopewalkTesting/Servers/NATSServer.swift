import Dispatch
import RopewalkCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A real `nats-server` on loopback with a folder of its own, for as long as a test needs it.
package final class NATSServer: Sendable {
  /// What its configuration says beyond the port and JetStream's folder.
  package struct Configuration: Sendable {
    package var jetStream = true
    /// Syncs each message before it is acknowledged.
    package var syncsAlways = false
    /// Further lines, such as `authorization { token: … }`.
    package var lines: [String] = []
    package var scheme = "nats"
    /// The whole of it, for the server's port and folder, in place of what the lines above say.
    package var text: (@Sendable (_ port: Int, _ folder: String) -> String)?

    package init(jetStream: Bool = true, syncsAlways: Bool = false, lines: [String] = [], scheme: String = "nats") {
      self.jetStream = jetStream
      self.syncsAlways = syncsAlways
      self.lines = lines
      self.scheme = scheme
    }
  }

  package let url: String
  package let folder: String
  private let executable: String
  private let process = Mutex<pid_t?>(nil)

  /// The server that `scripts/bootstrap --servers` fetched; nil when it is missing, and then tests say so and do nothing.
  package static let executable: String? = {
    let root = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
    let path = "/\(root)/.deps/bin/nats-server"
    return access(path, X_OK) == 0 ? path : nil
  }()

  /// What a test that is left out for want of it says.
  package static let missing = "nats-server is missing: run scripts/bootstrap --servers"

  /// Runs a server while `body` runs.
  package static func run<Result>(
    _ configuration: Configuration = Configuration(),
    _ body: (NATSServer) async throws -> Result
  ) async throws -> Result {
    let server = try await started(configuration)
    defer { server.remove() }
    return try await body(server)
  }

  /// A port that was free may be another's by the time the server asks for it: then it gets the next one.
  private static func started(_ configuration: Configuration) async throws -> NATSServer {
    var tries = 5
    while true {
      let server = try NATSServer(configuration)
      do {
        try await server.start()
        return server
      } catch {
        server.remove()
        tries -= 1
        guard tries > 0, "\(error)".contains("address already in use") else { throw error }
      }
    }
  }

  private init(_ configuration: Configuration) throws {
    guard let executable = Self.executable else { throw Failure(description: Self.missing) }
    self.executable = executable
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/ropewalk-nats.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(description: "no folder for nats-server") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let port = try FreePort.next()
    url = "\(configuration.scheme)://127.0.0.1:\(port)"
    let text = configuration.text?(port, folder) ?? Self.text(of: configuration, port: port, folder: folder)
    try Self.write(text, to: folder + "/server.conf")
  }

  private static func text(of configuration: Configuration, port: Int, folder: String) -> String {
    var lines = ["listen: \"127.0.0.1:\(port)\"", "max_payload: 1MB"] + configuration.lines
    if configuration.jetStream {
      let sync = configuration.syncsAlways ? ", sync_interval: always" : ""
      lines.append("jetstream { store_dir: \"\(folder)/store\"\(sync) }")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Starts it (again) and returns once it takes connections.
  package func start() async throws {
    var output: [CInt] = [0, 0]
    guard pipe(&output) == 0 else { throw Failure(description: "no pipe for nats-server") }
    for end in output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let id = try spawn(output[1])
    close(output[1])
    process.withLock { $0 = id }
    let reader = output[0]
    let log = folder + "/server.log"
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      DispatchQueue(label: "nats-server").async { Self.follow(reader, log: log, continuation) }
    }
  }

  /// `kill -9`, and waits until it is gone.
  package func kill() {
    guard let id = process.withLock({ $0.take() }) else { return }
    Glibc.kill(id, SIGKILL)
    var status: CInt = 0
    waitpid(id, &status, 0)
  }

  /// Stops it without it noticing, as a machine that hangs; ``resume()`` lets it go on.
  package func pause() {
    process.withLock { id in
      guard let id else { return }
      Glibc.kill(id, SIGSTOP)
      // Its other threads go on until the signal has reached each of them.
      var state = siginfo_t()
      while waitid(P_PID, id_t(id), &state, WSTOPPED | WEXITED | WNOWAIT) != 0, errno == EINTR {}
    }
  }

  package func resume() {
    _ = process.withLock { $0.map { Glibc.kill($0, SIGCONT) } }
  }

  /// Writes a file beside the server's configuration, and returns its path.
  package func file(_ name: String, _ text: String) throws -> String {
    try Self.write(text, to: folder + "/" + name)
    return folder + "/" + name
  }

  private func remove() {
    kill()
    _ = Self.wait(for: ["/bin/rm", "-rf", folder])
  }

  private func spawn(_ output: CInt) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    return try Self.spawn([executable, "-c", folder + "/server.conf"], &actions)
  }

  private static func spawn(_ command: [String], _ actions: UnsafePointer<posix_spawn_file_actions_t>?) throws -> pid_t {
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var id: pid_t = 0
    guard posix_spawn(&id, command[0], actions, nil, &arguments, environ) == 0 else {
      throw Failure(description: "cannot start \(command[0])")
    }
    return id
  }

  private static func wait(for command: [String]) -> CInt {
    var status: CInt = -1
    if let id = try? spawn(command, nil) { waitpid(id, &status, 0) }
    return status
  }

  /// Reads what the server says until it ends, on a thread of its own.
  private static func follow(_ reader: CInt, log: String, _ continuation: CheckedContinuation<Void, any Error>) {
    defer { close(reader) }
    var waiting: CheckedContinuation<Void, any Error>? = continuation
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(reader, &buffer, buffer.count)
      guard count > 0 else { break }
      let part = String(decoding: buffer[..<count], as: UTF8.self)
      append(part, to: log)
      guard waiting != nil else { continue }
      text += part
      if text.contains("Server is ready") { waiting.take()?.resume() }
    }
    waiting?.resume(throwing: Failure(description: "nats-server did not start: \(text)"))
  }

  private static func append(_ text: String, to path: String) {
    guard let file = fopen(path, "a") else { return }
    defer { fclose(file) }
    fputs(text, file)
  }

  private static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw Failure(description: "cannot write \(path)") }
    defer { fclose(file) }
    fputs(text, file)
  }

  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }
}
