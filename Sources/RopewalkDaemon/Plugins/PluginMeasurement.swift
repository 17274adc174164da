package import RopewalkCore
package import RopewalkPlugins
import RopewalkWasm

/// What one plugin costs per message, measured.
package struct PluginMeasurement: Sendable {
  package let count: Int
  package let payloadSize: Int
  /// What became of the message: passed unchanged, converted to so many bytes, or dropped.
  package let outcome: String
  /// With making the instance and starting the logic in it.
  package let firstMessage: Duration
  package let median: Duration
  package let p99: Duration
  package let slowest: Duration
  package let messagesPerSecond: Double

  /// Measures now, on this task.
  /// - Throws: `DiagnosticsError` when the logic cannot be used, `LogicError` when it fails the message.
  package init(
    logic: String,
    capabilities: Set<Capability>,
    payload: [UInt8],
    contentType: String,
    count: Int,
    in workspace: Workspace
  ) async throws {
    try workspace.makeDataDirectory()
    let runtime = try workspace.makeWasmRuntime(outbound: .none)
    let node = try await runtime.prepare(.alone(logic, capabilities: capabilities))
    let message = Message(payload: payload, contentType: contentType, metadata: MessageMetadata(customerID: "bench"))
    let clock = ContinuousClock()

    var first: LogicOutcome?
    firstMessage = try await clock.measure { first = try await node.process(message) }
    for _ in 0..<count / 10 { _ = try await node.process(message) }
    var times: [Duration] = []
    times.reserveCapacity(count)
    let start = clock.now
    var last = start
    for _ in 0..<count {
      _ = try await node.process(message)
      let now = clock.now
      times.append(last.duration(to: now))
      last = now
    }
    times.sort()
    await node.shutdown()

    self.count = count
    payloadSize = payload.count
    outcome = first.map(Self.describe) ?? ""
    median = times[count / 2]
    p99 = times[min(count - 1, count * 99 / 100)]
    slowest = times[count - 1]
    messagesPerSecond = Double(count) / start.duration(to: last).seconds
  }

  private static func describe(_ outcome: LogicOutcome) -> String {
    switch outcome {
    case .pass: "passed on unchanged"
    case .replace(let payload, _, _): "converted to \(payload.count) bytes"
    case .drop: "dropped"
    }
  }

  package var json: JSON {
    func microseconds(_ duration: Duration) -> JSON { JSONNumber(duration.seconds * 1e6).map { .number($0) } ?? .null }
    return [
      "messages": .number(JSONNumber(count)),
      "payloadBytes": .number(JSONNumber(payloadSize)),
      "outcome": .string(outcome),
      "firstMessageMicroseconds": microseconds(firstMessage),
      "medianMicroseconds": microseconds(median),
      "p99Microseconds": microseconds(p99),
      "slowestMicroseconds": microseconds(slowest),
      "messagesPerSecond": .number(JSONNumber(Int(messagesPerSecond))),
    ]
  }
}

extension WasmStep {
  /// Logic that is looked at by itself, outside any integration.
  static func alone(_ logic: String, capabilities: Set<Capability>) -> WasmStep {
    let folder = logic.lastIndex(of: "/").map { String(logic[..<$0]) } ?? "."
    return WasmStep(
      tenantID: "default",
      integrationID: "plugin",
      name: logic,
      logic: .file(logic),
      capabilities: capabilities,
      folder: folder.isEmpty ? "/" : folder
    )
  }
}

extension OutboundHTTP {
  /// Where nothing may be called.
  package static let none = OutboundHTTP { request, _ throws(Failure) in
    throw Failure(.outboundAbsent, "\(request.url) is not called: HTTP calls are made by running integrations only")
  }
}

extension ErrorCode {
  static let outboundAbsent = ErrorCode("http.absent", .denied)
}
