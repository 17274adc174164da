import GoPlugin
import Logging
import RopewalkConnector
import RopewalkCore
import Synchronization

extension PluginConfiguration {
  /// How to start a connector; this program is one too.
  static func connector(_ program: String) -> PluginConfiguration {
    var configuration = PluginConfiguration(
      executable: program,
      cookie: ConnectorProtocol.cookie,
      protocolVersions: ConnectorProtocol.handshakeVersions
    )
    if program.hasSuffix("ProcessBenchmark") { configuration.arguments = ["connector"] }
    return configuration
  }
}

/// Starts a connector and measures what goes to it and comes from it.
struct HostSide {
  let program: String
  let count: Int

  /// Tasks that send one message after the other.
  private static let senders = 256
  private static let roundTrips = 5000
  private static let rest: Duration = .seconds(1)

  /// Returns the milliseconds from start to handshake (median), as a line of JSON.
  func measureStart() async throws -> String {
    let clock = ContinuousClock()
    var times: [Double] = []
    for _ in 0..<count {
      let start = clock.now
      times.append(try await withPlugin(.connector(program), logger: logger) { _ in (clock.now - start).seconds * 1000 })
    }
    return JSON.object(["start_ms": number(times.sorted()[count / 2])]).text()
  }

  /// Returns a line of JSON: milliseconds from start to handshake, messages a second out and in, microseconds for one
  /// message there and back by the stream (median, 99 %), and the connector's memory in MiB, once connected and at the end.
  func measure() async throws -> String {
    let clock = ContinuousClock()
    let start = clock.now
    return try await withPlugin(.connector(program), logger: logger) { plugin in
      let startup = clock.now - start
      let options = RemoteOptions(connectionID: "one", ends: [.incoming, .outgoing])
      return try await withRemoteConnector(over: plugin, options, host: HostServices(), logger: logger) { connector in
        try await connector.connect(ConnectionConfiguration(name: "null", type: "null"))
        try await clock.sleep(for: Self.rest)
        let idle = ProcessMemory.residentMebibytes(of: plugin.pid)
        try await send(count / 5, over: connector)
        let trips = try await roundTrips(over: connector)
        let outgoing = try await rate { try await send(count, over: connector) }
        let incoming = try await rate { try await receive(over: connector) }
        let worked = ProcessMemory.residentMebibytes(of: plugin.pid)
        await connector.disconnect()
        let result: JSON = .object([
          "start_ms": number(startup.seconds * 1000), "out_per_s": number(outgoing), "in_per_s": number(incoming),
          "trip_p50_us": number(trips[trips.count / 2]), "trip_p99_us": number(trips[trips.count * 99 / 100]),
          "memory_mib": number(idle), "worked_memory_mib": number(worked),
        ])
        return result.text()
      }
    }
  }

  private var logger: Logger { Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() } }

  private func number(_ value: Double) -> JSON {
    .number(JSONNumber(literal: "\((value * 10).rounded() / 10)"))
  }

  private func rate(_ body: () async throws -> Void) async throws -> Double {
    let clock = ContinuousClock()
    let time = try await clock.measure { try await body() }
    return Double(count) / time.seconds
  }

  private func send(_ count: Int, over connector: RemoteConnector) async throws {
    let payload = [UInt8](repeating: 0x61, count: 1024)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<Self.senders {
        group.addTask {
          for _ in 0..<count / Self.senders {
            try await connector.send(Message(id: "0", payload: payload))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func receive(over connector: RemoteConnector) async throws {
    let taken = Atomic(0)
    let count = count
    try await withThrowingTaskGroup(of: Void.self) { group in
      let (done, writer) = AsyncStream.makeStream(of: Void.self)
      let inbox = Inbox { _ in
        if taken.add(1, ordering: .relaxed).newValue == count { writer.finish() }
        return .accepted
      }
      group.addTask { try await connector.receive(into: inbox) }
      for await _ in done {}
      group.cancelAll()
      try await group.waitForAll()
    }
  }

  private func roundTrips(over connector: RemoteConnector) async throws -> [Double] {
    let payload = [UInt8](repeating: 0x61, count: 1024)
    let clock = ContinuousClock()
    var times: [Double] = []
    for _ in 0..<Self.roundTrips {
      let time = try await clock.measure { try await connector.send(Message(id: "0", payload: payload)) }
      times.append(time.seconds * 1_000_000)
    }
    return times.sorted()
  }
}
