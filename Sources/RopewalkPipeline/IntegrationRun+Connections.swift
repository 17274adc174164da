import RopewalkConnector
package import RopewalkCore
import RopewalkPlugins
import RopewalkResources

extension ErrorCode {
  package static let connectFailed = ErrorCode("pipeline.connect.failed", .unavailable)
  package static let sourceFailed = ErrorCode("pipeline.source.failed", .unavailable)
}

extension IntegrationRun {
  private typealias Connection = (role: String, spec: ConnectionSpec, node: any ConnectionNode, redact: @Sendable (String) -> String)

  /// Destinations first, so that nothing comes in before it can go out; closed in the opposite order, steps last.
  private var connections: [Connection] {
    let outgoing: [Connection] = plan.destinations.map { ("destination", $0.spec.connection, $0.node, $0.redact) }
    return outgoing + plan.incoming.map { ("incoming connection", $0.spec, $0.node, $0.redact) }
  }

  func withConnections(_ body: () async throws -> Void) async throws {
    let result: Result<Void, any Error>
    do {
      for connection in connections { try await open(connection) }
      try await body()
      result = .success(())
    } catch {
      result = .failure(error)
    }
    for connection in connections.reversed() {
      _ = await withinTime(limits.disconnectTimeout) { () async throws(ConnectionError) in await connection.node.disconnect() }
    }
    await steps.shutdown()
    try result.get()
  }

  private func open(_ connection: Connection) async throws {
    try Task.checkCancellation()
    let (role, spec, node, redact) = connection
    let problems = await node.validate(spec.configuration)
    guard problems.isEmpty else {
      throw DiagnosticsError(
        problems.map {
          Diagnostic(
            at: spec.places.mark(for: $0.path),
            field: spec.places.field(for: $0.path),
            redact($0.message),
            remedy: redact($0.remedy)
          )
        }
      )
    }
    guard let error = await connect(spec, node) else { return }
    throw RopewalkError(
      .connectFailed,
      "integration '\(plan.integration.metadata.name)': the \(role) '\(spec.name)' (\(spec.type)) could not connect; \(Self.remedy(for: error.code))",
      place: spec.places.mark(for: []),
      cause: error.redacted(by: redact)
    )
  }

  /// Connects within the connection's timeout; returns why it could not.
  func connect(_ spec: ConnectionSpec, _ node: any ConnectionNode) async -> ConnectionError? {
    await withinTime(spec.timeout) { () async throws(ConnectionError) in try await node.connect(spec.configuration) }
  }

  private func withinTime(
    _ timeout: Duration,
    _ body: @escaping @Sendable () async throws(ConnectionError) -> Void
  ) async -> ConnectionError? {
    stopwatch.beginWork()
    defer { stopwatch.endWork() }
    return await withTaskGroup(of: ConnectionError?.self) { group in
      group.addTask {
        do throws(ConnectionError) { try await body() } catch { return error }
        return nil
      }
      group.addTask { [stopwatch] in
        try? await stopwatch.sleepAside(for: timeout)
        return ConnectionError(.timeout, "not done within \(timeout.shortText)", recoverable: true)
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }

  private static func remedy(for code: ConnectionError.Code) -> String {
    switch code {
    case .invalidConfiguration, .unsupported: "correct its config"
    case .unauthorized: "check its credentials"
    case .timeout: "check that the other side answers, or raise its timeout"
    default: "check the address in its config, and that nothing else uses it or stands in the way"
    }
  }
}
