import GoPlugin
import Logging
import RopewalkConnector
import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Many connectors at once that have nothing to do.
struct IdleHost {
  let program: String
  let count: Int

  /// Returns a line of JSON: what each of the connectors takes of the host's memory, in KiB, and the host's processor time
  /// while all of them are connected, in milliseconds a second.
  func measure() async throws -> String {
    var (first, each, processorTime) = (0.0, 0.0, 0.0)
    // What the first takes is not for each. Once it is gone, what is left of it could be used again and would be counted too low.
    try await withConnectors(1) { first = ProcessMemory.ownKibibytes(of: getpid()) }
    try await withConnectors(count) {
      let start = Self.processorTime
      try await Task.sleep(for: .seconds(10))
      processorTime = (Self.processorTime - start) / 10
      each = (ProcessMemory.ownKibibytes(of: getpid()) - first) / Double(count - 1)
    }
    let result: JSON = .object(["connectors": number(Double(count)), "kib_each": number(each), "processor_ms_per_s": number(processorTime)])
    return result.text()
  }

  private func number(_ value: Double) -> JSON { .number(JSONNumber(literal: "\((value * 10).rounded() / 10)")) }

  /// Runs `body` while that many connectors are connected for sending, each in a process of its own.
  private func withConnectors(_ count: Int, _ body: () async throws -> Void) async throws {
    let program = program
    let (connected, writer) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<count {
        group.addTask {
          // One that does not come ends the waiting for all.
          defer { writer.finish() }
          let configuration = PluginConfiguration.connector(program)
          let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
          try await withPlugin(configuration, logger: logger) { plugin in
            let options = RemoteOptions(connectionID: "c-\(number)", ends: [.outgoing])
            try await withRemoteConnector(over: plugin, options, host: HostServices(), logger: logger) { connector in
              try await connector.connect(ConnectionConfiguration(name: "null", type: "null"))
              writer.yield()
              while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
              await connector.disconnect()
            }
          }
        }
      }
      var waiting = count
      for await _ in connected {
        waiting -= 1
        if waiting == 0 { break }
      }
      if waiting == 0 { try await body() }
      group.cancelAll()
      while let ended = await group.nextResult() {
        if case .failure(let error) = ended, !(error is CancellationError) { throw error }
      }
    }
  }

  /// Of this process, in milliseconds.
  private static var processorTime: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
  }
}
