import Glibc
import GoPlugin
import GoPluginTesting
import Logging

/// Starts a plugin over and over, ends it in each way in turn, and compares what this process holds before and after. Five
/// starts in eight are those of the real plugin, the others fail.
struct Cycles {
  private let configuration: PluginConfiguration
  private let count: Int
  private static let width = 8

  init(_ configuration: PluginConfiguration, count: Int) {
    self.configuration = configuration
    self.count = count
  }

  /// Prints `descriptors BEFORE AFTER threads BEFORE AFTER kilobytes BEFORE AFTER`.
  func run() async throws {
    // What the process makes once, for good, is made in the first round.
    try await cycle(64)
    let before = Self.usage()
    try await cycle(count)
    let after = Self.usage()
    print(
      "descriptors \(before.descriptors) \(after.descriptors) threads \(before.threads) \(after.threads) kilobytes \(before.kilobytes) \(after.kilobytes)"
    )
  }

  private func cycle(_ count: Int) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<count {
        if index >= Self.width { try await group.next() }
        group.addTask { try await one(index) }
      }
      try await group.waitForAll()
    }
  }

  private func one(_ index: Int) async throws {
    var configuration = configuration
    var logger = Logger(label: "cycles")
    logger.logLevel = .critical
    switch index % 8 {
    case 0:
      try await withPlugin(configuration, logger: logger) { _ = try await EchoClient($0.client).unary([1]) }
    case 1:
      try await withPlugin(configuration, logger: logger) { _ in }
    case 2:
      try await withPlugin(configuration, logger: logger) { _ = await $0.kill() }
    case 3:
      try await crash(configuration, logger) { _ = try? await EchoClient($0.client).unary([], method: "Crash") }
    case 4:
      try await crash(configuration, logger) { kill($0.pid, SIGSEGV) }
    case 5:
      configuration.executable = "/bin/sh"
      configuration.arguments = ["-c", index % 16 < 8 ? "echo broken >&2; exit 3" : "kill -SEGV $$"]
      await fail(configuration, logger)
    case 6:
      configuration.executable = "/bin/sh"
      configuration.arguments = ["-c", "echo no handshake; sleep 60"]
      await fail(configuration, logger)
    default:
      configuration.executable = "/nonexistent"
      await fail(configuration, logger)
    }
  }

  private func crash(_ configuration: PluginConfiguration, _ logger: Logger, _ body: (Plugin) async -> Void) async throws {
    try await withPlugin(configuration, logger: logger) { plugin in
      await body(plugin)
      let status = try await plugin.exit()
      guard status != .exited(code: 0) else {
        print("a plugin that was to crash \(status)")
        exit(1)
      }
    }
  }

  private func fail(_ configuration: PluginConfiguration, _ logger: Logger) async {
    do {
      try await withPlugin(configuration, logger: logger) { _ in
        print("a broken plugin has started")
        exit(1)
      }
    } catch {
      guard error is GoPluginError else {
        print("not the error of a plugin: \(error)")
        exit(1)
      }
    }
  }

  private static func usage() -> (descriptors: Int, threads: Int, kilobytes: Int) {
    let status = (try? contents(of: "/proc/self/status")) ?? ""
    func field(_ name: String) -> Int {
      status.split(separator: "\n").first { $0.hasPrefix(name) }
        .flatMap { Int($0.drop { !$0.isNumber }.prefix { $0.isNumber }) } ?? -1
    }
    return (entries(in: "/proc/self/fd"), field("Threads:"), field("VmRSS:"))
  }

  private static func entries(in path: String) -> Int {
    guard let folder = opendir(path) else { return -1 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    return count
  }

  private static func contents(of path: String) throws -> String {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = read(descriptor, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
