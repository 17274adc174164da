package import RopewalkConnector
import RopewalkCore
import RopewalkPlugins
import Testing

/// The conformance suite of the ``ConnectionNode`` seam: every implementation's tests run every law.
///
/// ```swift
/// @Test(arguments: ConnectionLaw.allCases)
/// func law(_ law: ConnectionLaw) async throws {
///   try await law.verify(ConnectionLaw.Subject(.outgoing, configuration) { connectors.make(type: "file", role: .outgoing)! })
/// }
/// ```
package enum ConnectionLaw: String, CaseIterable, Sendable {
  case metadataSaysWhatItIs
  case validatingOpensNothing
  case badConfigurationsAreRefused
  case connectingAgainChangesNothing
  case disconnectingAgainChangesNothing
  case itCanBeConnectedAnew
  case callsWithoutAConnectionFail
  case theOtherEndIsUnsupported
  case healthFollowsTheConnection

  /// One end of a connector, and a configuration that it takes.
  package struct Subject: Sendable {
    let end: ConnectionEnds
    let configuration: ConnectionConfiguration
    /// A new connector, not connected.
    let make: @Sendable () async throws -> any ConnectionNode

    package init(
      _ end: ConnectionEnds,
      _ configuration: ConnectionConfiguration,
      make: @escaping @Sendable () async throws -> any ConnectionNode
    ) {
      self.end = end
      self.configuration = configuration
      self.make = make
    }

    /// The same with a setting that no connector knows.
    var badConfiguration: ConnectionConfiguration {
      var bad = configuration
      bad.settings["ropewalk-law-unknown"] = true
      return bad
    }
  }

  /// Records an issue for each way in which the connector breaks the law.
  package func verify(_ subject: Subject) async throws {
    let node = try await subject.make()
    do {
      switch self {
      case .metadataSaysWhatItIs: subject.verifyMetadata(node)
      case .validatingOpensNothing: await subject.verifyValidating(node)
      case .badConfigurationsAreRefused: try await subject.verifyBadConfigurations(node)
      case .connectingAgainChangesNothing: try await subject.verifyConnectingAgain(node)
      case .disconnectingAgainChangesNothing: try await subject.verifyDisconnectingAgain(node)
      case .itCanBeConnectedAnew: try await subject.verifyConnectingAnew(node)
      case .callsWithoutAConnectionFail: try await subject.verifyCallsWithoutConnection(node)
      case .theOtherEndIsUnsupported: try await subject.verifyTheOtherEnd(node)
      case .healthFollowsTheConnection: try await subject.verifyHealth(node)
      }
    } catch {
      await node.disconnect()
      throw error
    }
    await node.disconnect()
  }
}

extension ConnectionLaw.Subject {
  fileprivate func verifyMetadata(_ node: any ConnectionNode) {
    let metadata = node.metadata
    #expect(!metadata.id.isEmpty && !metadata.name.isEmpty && !metadata.description.isEmpty)
    #expect(SemanticVersion(parsing: metadata.version) != nil, "\(metadata.version)")
    #expect((1...ConnectorProtocol.version).contains(metadata.protocolVersion))
    #expect(metadata.supportedTypes.contains(configuration.type))
    #expect(metadata.configSchema.object != nil)
  }

  fileprivate func verifyValidating(_ node: any ConnectionNode) async {
    for _ in 0..<2 { #expect(await node.validate(configuration) == []) }
    let problems = await node.validate(badConfiguration)
    #expect(problems.contains { $0.path == ["ropewalk-law-unknown"] && !$0.message.isEmpty }, "\(problems)")
    #expect(await node.validate(badConfiguration) == problems)
    #expect(await node.health() != .healthy)
  }

  fileprivate func verifyBadConfigurations(_ node: any ConnectionNode) async throws {
    let error = await #expect(throws: ConnectionError.self) { try await node.connect(badConfiguration) }
    #expect(error?.code == .invalidConfiguration)
    #expect(error?.recoverable == false)
    #expect(await node.health() != .healthy)
    // And nothing of it is left.
    try await node.connect(configuration)
    try await use(node)
  }

  fileprivate func verifyConnectingAgain(_ node: any ConnectionNode) async throws {
    for _ in 0..<3 { try await node.connect(configuration) }
    try await use(node)
    // One `disconnect` is enough for all of them.
    await node.disconnect()
    #expect(await node.health() != .healthy)
  }

  fileprivate func verifyDisconnectingAgain(_ node: any ConnectionNode) async throws {
    await node.disconnect()
    try await node.connect(configuration)
    for _ in 0..<3 { await node.disconnect() }
    #expect(await node.health() != .healthy)
  }

  fileprivate func verifyConnectingAnew(_ node: any ConnectionNode) async throws {
    for _ in 0..<3 {
      try await node.connect(configuration)
      try await use(node)
      await node.disconnect()
    }
  }

  fileprivate func verifyCallsWithoutConnection(_ node: any ConnectionNode) async throws {
    try await expectNotConnected(node)
    try await node.connect(configuration)
    await node.disconnect()
    try await expectNotConnected(node)
  }

  private func expectNotConnected(_ node: any ConnectionNode) async throws {
    if end == .outgoing {
      let error = await #expect(throws: ConnectionError.self) { try await node.send(Self.message) }
      #expect(error?.code == .connectionFailed)
      #expect(error?.recoverable == true)
    } else {
      let error = try #require(await #expect(throws: ConnectionError.self) { try await node.receive(into: Self.inbox) })
      #expect([.connectionFailed, .receiveFailed].contains(error.code), "\(error)")
    }
  }

  fileprivate func verifyTheOtherEnd(_ node: any ConnectionNode) async throws {
    try await node.connect(configuration)
    let error = await #expect(throws: ConnectionError.self) {
      if end == .outgoing { try await node.receive(into: Self.inbox) } else { try await node.send(Self.message) }
    }
    #expect(error?.code == .unsupported)
    #expect(error?.recoverable == false)
  }

  fileprivate func verifyHealth(_ node: any ConnectionNode) async throws {
    #expect(await node.health() != .healthy)
    try await node.connect(configuration)
    try await use(node)
    await node.disconnect()
    guard case .unhealthy(let reason) = await node.health() else {
      Issue.record("what is disconnected is healthy")
      return
    }
    #expect(!reason.isEmpty)
  }

  // MARK: Use

  private static let message = Message(payload: Array(#"{"law":1}"#.utf8), contentType: "application/json")
  private static let inbox = Inbox { _ in .accepted }
  /// A bound against hanging.
  private static let patience = Duration.seconds(120)

  /// Sends a message, or receives until the connection is healthy, and then no more: receiving ends when it is cancelled.
  private func use(_ node: any ConnectionNode) async throws {
    guard end == .incoming else {
      try await node.send(Self.message)
      #expect(await node.health() == .healthy)
      return
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await node.receive(into: Self.inbox) }
      let deadline = ContinuousClock.now + Self.patience
      while await node.health() != .healthy {
        guard ContinuousClock.now < deadline else {
          Issue.record("a connection that is received from is not healthy: \(await node.health())")
          break
        }
        await Task.yield()
      }
      group.cancelAll()
      do {
        try await group.waitForAll()
      } catch let error as ConnectionError where error.code == .cancelled {}
    }
  }
}
