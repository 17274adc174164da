import FoundationEssentials
import GoPlugin
import RopewalkConnector
package import RopewalkCore

/// What a connector costs, measured through its process as a host runs it.
package struct ConnectorMeasurement: Sendable {
  /// One way of loading it.
  package struct Load: Sendable {
    package var name: String
    /// Messages that have no outcome yet, at most.
    package var atOnce: Int
    package var messages: Int
    package var failed: Int
    package var messagesPerSecond: Double
    package var median: Duration
    package var p99: Duration
  }

  package var connector: String
  package var payloadSize: Int
  /// From the start of the process until it is connected to and healthy.
  package var start: Duration
  /// Resident memory after all loads, in bytes; nil where the system does not say.
  package var memory: Int?
  package var loads: [Load]

  /// How many messages may be under way in each load.
  private static let steps = [1, 64, 512]

  /// Measures now: each load for about `time`, with payloads of `size` bytes.
  package init(_ plan: CheckPlan, size: Int, time: Duration) async throws {
    let stage = CheckStage(plan: plan, log: CheckLog(), canary: "")
    let clock = ContinuousClock()
    let begin = clock.now
    let payload = CheckMessages.payload(size: size)
    var loads: [Load] = []
    guard plan.outgoing != nil || plan.incoming?.peer != nil else {
      throw RopewalkError(
        .checkWithoutSettings,
        "no settings for outgoing, or for incoming with a feed; write a check.yaml, and name it with --config"
      )
    }
    (connector, start) = try await stage.withProcess { plugin in
      let started = clock.now - begin
      let metadata = try await remoteMetadata(of: plugin)
      return ("\(metadata.name) \(metadata.version)", started)
    }
    var memory: Int?
    if let outgoing = plan.outgoing {
      try await stage.withOpen(.outgoing, outgoing) { plugin, remote in
        for atOnce in Self.steps {
          loads.append(try await Self.measure("send", atOnce, time) { try await remote.send(Message(payload: payload)) })
        }
        memory = Self.residentMemory(of: plugin.pid)
      }
    }
    if let incoming = plan.incoming, let feed = incoming.peer {
      try await stage.withOpen(.incoming, incoming) { plugin, remote in
        try await stage.withPeer(feed, .outgoing) { feeder in
          let inbox = Inbox { _ in .accepted }
          let load = try await withThrowingTaskGroup(of: Load?.self) { group in
            group.addTask {
              try? await remote.receive(into: inbox)
              return nil
            }
            group.addTask { try await Self.measure("receive", 64, time) { try await feeder.send(Message(payload: payload)) } }
            defer { group.cancelAll() }
            while let load = try await group.next() {
              if let load { return load }
            }
            throw CancellationError()
          }
          loads.append(load)
        }
        memory = memory ?? Self.residentMemory(of: plugin.pid)
      }
    }
    payloadSize = payload.count
    self.loads = loads
    self.memory = memory
  }

  private static func measure(
    _ name: String,
    _ atOnce: Int,
    _ time: Duration,
    _ send: @escaping @Sendable () async throws -> Void
  ) async throws -> Load {
    let clock = ContinuousClock()
    // Warming up tells too whether it works at all.
    try await send()
    let begin = clock.now
    let end = begin + time
    let results = await withTaskGroup(of: (times: [Duration], failed: Int).self) { group in
      for _ in 0..<atOnce {
        group.addTask {
          var (times, failed): ([Duration], Int) = ([], 0)
          var last = clock.now
          while last < end {
            do { try await send() } catch { failed += 1 }
            let now = clock.now
            times.append(now - last)
            last = now
          }
          return (times, failed)
        }
      }
      return await group.reduce(into: (times: [Duration](), failed: 0)) {
        $0.times += $1.times
        $0.failed += $1.failed
      }
    }
    let waited = clock.now - begin
    let times = results.times.sorted()
    return Load(
      name: name,
      atOnce: atOnce,
      messages: times.count,
      failed: results.failed,
      messagesPerSecond: Double(times.count - results.failed) / waited.seconds,
      median: times[times.count / 2],
      p99: times[min(times.count - 1, times.count * 99 / 100)]
    )
  }

  private static func residentMemory(of pid: Int32) -> Int? {
    guard let data = try? Data(contentsOf: URL(filePath: "/proc/\(pid)/status")) else { return nil }
    let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  package var json: JSON {
    func microseconds(_ duration: Duration) -> JSON { .number(JSONNumber(Int(duration.seconds * 1e6))) }
    return [
      "connector": .string(connector),
      "payloadBytes": .number(JSONNumber(payloadSize)),
      "startMilliseconds": .number(JSONNumber(Int(start.seconds * 1000))),
      "residentBytes": memory.map { .number(JSONNumber($0)) } ?? .null,
      "loads": .array(
        loads.map {
          [
            "name": .string($0.name),
            "atOnce": .number(JSONNumber($0.atOnce)),
            "messages": .number(JSONNumber($0.messages)),
            "failed": .number(JSONNumber($0.failed)),
            "messagesPerSecond": .number(JSONNumber(Int($0.messagesPerSecond))),
            "medianMicroseconds": microseconds($0.median),
            "p99Microseconds": microseconds($0.p99),
          ]
        }
      ),
    ]
  }
}

extension ErrorCode {
  static let checkWithoutSettings = ErrorCode("plugin.check-without-settings", .usage)
}
