import Glibc
import RopewalkConnector
import RopewalkCore
import Synchronization

/// One connection: adds messages as lines to a file, or hands lines of a file out.
final class Lines: ConnectionNode {
  static let metadata = PluginMetadata(
    id: "{{name}}",
    name: "{{name}}",
    version: "0.1.0",
    supportedTypes: ["{{name}}"],
    description: "The lines of a file, both ways.",
    author: "you",
    capabilities: [.bidirectional],
    configSchema: [
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "type": "object",
      "properties": ["path": ["type": "string", "description": "the file"]],
      "required": ["path"],
      "additionalProperties": false,
    ]
  )

  /// How often the end of the file is looked at for more.
  private static let lookAgain = Duration.milliseconds(100)

  private struct OpenFile {
    var path: String
    var descriptor: Int32
  }

  private let file = Mutex<OpenFile?>(nil)

  var metadata: PluginMetadata { Self.metadata }

  /// Says everything that is wrong, and opens nothing.
  func validate(_ configuration: ConnectionConfiguration) async -> [ConfigurationProblem] {
    var problems = configuration.settings.members.filter { $0.key != "path" }
      .map { ConfigurationProblem(path: [$0.key], "is not known", remedy: "remove it") }
    if configuration.settings["path"]?.string?.isEmpty ?? true {
      problems.append(ConfigurationProblem(path: ["path"], "is missing, or no text", remedy: "name a file"))
    }
    return problems
  }

  func connect(_ configuration: ConnectionConfiguration) async throws(ConnectionError) {
    if let problem = await validate(configuration).first {
      throw ConnectionError(.invalidConfiguration, "\(problem.path.joined(separator: ".")) \(problem.message)")
    }
    let path = configuration.settings["path"]?.string ?? ""
    let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw ConnectionError(.connectionFailed, "\(path): \(String(cString: strerror(errno)))", recoverable: true)
    }
    file.withLock { $0 = OpenFile(path: path, descriptor: descriptor) }
  }

  func disconnect() async {
    if let old = file.withLock({ $0.take() }) { close(old.descriptor) }
  }

  /// Returns when the message is on disk. Called from many tasks at once.
  func send(_ message: Message) async throws(ConnectionError) {
    guard !message.payload.contains(UInt8(ascii: "\n")) else {
      throw ConnectionError(.rejected, "the payload has a line break")
    }
    let line = message.payload + [UInt8(ascii: "\n")]
    let isWritten = file.withLock { file in
      guard let file else { return false }
      return write(file.descriptor, line, line.count) == line.count && fdatasync(file.descriptor) == 0
    }
    guard isWritten else { throw ConnectionError(.sendFailed, "the line could not be written", recoverable: true) }
  }

  /// Hands over lines from where the host has everything before.
  func receive(into inbox: Inbox) async throws(ConnectionError) {
    var offset = Int(String(decoding: inbox.resumePosition, as: UTF8.self)) ?? 0
    var buffer: [UInt8] = []
    while !Task.isCancelled {
      guard let end = buffer.firstIndex(of: UInt8(ascii: "\n")) else {
        let more = read(at: offset + buffer.count)
        buffer += more
        if more.isEmpty { try? await Task.sleep(for: Self.lookAgain) }
        continue
      }
      let position = offset + end + 1
      // The same line is the same message, however often it is read.
      let message = Message(id: "line@\(offset)", payload: Array(buffer[..<end]), contentType: "text/plain")
      if case .refused(let refusal) = await inbox.accept(message, position: Array("\(position)".utf8)), !refusal.reason.isFinal {
        try? await Task.sleep(for: refusal.retryAfter)
        continue
      }
      buffer.removeFirst(end + 1)
      offset = position
    }
  }

  private func read(at offset: Int) -> [UInt8] {
    file.withLock { file in
      guard let file else { return [] }
      return Array(unsafeUninitializedCapacity: 1 << 16) { buffer, count in
        count = max(0, pread(file.descriptor, buffer.baseAddress, buffer.count, off_t(offset)))
      }
    }
  }
}
