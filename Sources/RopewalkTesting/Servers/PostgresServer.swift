import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A real PostgreSQL server on a socket in a folder of its own, for as long as a test needs it.
///
/// PostgreSQL refuses to run as root; as root, it runs as the user `postgres` that Debian's package makes.
package final class PostgresServer: Sendable {
  /// A connection string.
  package let url: String
  private let folder: String
  private let process = Mutex<pid_t?>(nil)
  private static let readyText = "database system is ready to accept connections"

  /// Where Debian's package has `initdb` and `postgres`; nil when it is missing, and then tests say so and do nothing.
  package static let binaries: String? = {
    for version in (14...25).reversed() {
      let path = "/usr/lib/postgresql/\(version)/bin"
      if access("\(path)/initdb", X_OK) == 0 { return path }
    }
    return nil
  }()

  /// What a test that is left out for want of it says.
  package static let missing = "PostgreSQL is missing: run scripts/bootstrap --servers"

  /// Runs a server while `body` runs.
  package static func run<Result>(_ body: (PostgresServer) async throws -> Result) async throws -> Result {
    let server = try PostgresServer()
    defer { server.remove() }
    try await server.start()
    return try await body(server)
  }

  private init() throws {
    guard let binaries = Self.binaries else { throw NATSServer.Failure(description: Self.missing) }
    var template = Array("/tmp/ropewalk-postgres.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw NATSServer.Failure(description: "no folder for PostgreSQL") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    url = "postgresql:///postgres?host=\(folder)&user=postgres"
    if getuid() == 0 { _ = Self.wait(for: ["/bin/chown", "postgres", folder]) }
    let options = ["-D", "\(folder)/data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"]
    guard Self.wait(for: Self.asUser + ["\(binaries)/initdb"] + options, silently: true) == 0 else {
      throw NATSServer.Failure(description: "initdb failed in \(folder)")
    }
  }

  /// What goes before a command so that it does not run as root, and ends with this process.
  private static var asUser: [String] {
    getuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--pdeathsig=KILL", "--"] : []
  }

  /// Starts it (again) and returns once it takes connections.
  package func start() async throws {
    guard let binaries = Self.binaries else { throw NATSServer.Failure(description: Self.missing) }
    var output: [CInt] = [0, 0]
    guard pipe(&output) == 0 else { throw NATSServer.Failure(description: "no pipe for PostgreSQL") }
    for end in output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let command = Self.asUser + ["\(binaries)/postgres", "-D", "\(folder)/data", "-k", folder, "-c", "listen_addresses="]
    let id = try Self.spawn(command, output: output[1])
    close(output[1])
    process.withLock { $0 = id }
    let reader = output[0]
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      DispatchQueue(label: "postgres").async { Self.follow(reader, continuation) }
    }
  }

  /// Ends it at once, as a crash would, and waits until it is gone.
  package func kill() {
    guard let id = process.withLock({ $0.take() }) else { return }
    // SIGQUIT is PostgreSQL's immediate shutdown: the server process takes its children along, without a checkpoint.
    Glibc.kill(id, SIGQUIT)
    var status: CInt = 0
    waitpid(id, &status, 0)
  }

  private func remove() {
    kill()
    _ = Self.wait(for: ["/bin/rm", "-rf", folder])
  }

  private static func spawn(_ command: [String], output: CInt?) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let output { for target: CInt in [1, 2] { posix_spawn_file_actions_adddup2(&actions, output, target) } }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var id: pid_t = 0
    guard posix_spawn(&id, command[0], &actions, nil, &arguments, environ) == 0 else {
      throw NATSServer.Failure(description: "cannot start \(command[0])")
    }
    return id
  }

  private static func wait(for command: [String], silently: Bool = false) -> CInt {
    let sink = silently ? open("/dev/null", O_WRONLY | O_CLOEXEC) : nil
    defer { if let sink { close(sink) } }
    var status: CInt = -1
    if let id = try? spawn(command, output: sink) { waitpid(id, &status, 0) }
    return status
  }

  /// Reads what the server says until it ends, on a thread of its own.
  private static func follow(_ reader: CInt, _ continuation: CheckedContinuation<Void, any Error>) {
    defer { close(reader) }
    var waiting: CheckedContinuation<Void, any Error>? = continuation
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(reader, &buffer, buffer.count)
      guard count > 0 else { break }
      guard waiting != nil else { continue }
      text += String(decoding: buffer[..<count], as: UTF8.self)
      if text.contains(readyText) { waiting.take()?.resume() }
    }
    waiting?.resume(throwing: NATSServer.Failure(description: "PostgreSQL did not start: \(text)"))
  }
}
