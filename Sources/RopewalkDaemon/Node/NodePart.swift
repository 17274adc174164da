import Logging
import RopewalkConnector
import RopewalkConnectors
import RopewalkCore
import RopewalkJournal
import RopewalkNATS
import RopewalkPipeline
import RopewalkResources

/// What a node runs of one integration: a run between two steps of the cluster.
struct NodePart: Sendable {
  var name: String
  var plan: Plan
  var journal: any Journal
}

extension Assembly {
  /// The parts of an integration that a role runs.
  /// - Throws: `DiagnosticsError` with everything that is wrong in them.
  func parts(_ role: NodeRole, of integration: Integration, in cluster: JetStreamJournal, logger: Logger) async throws -> [NodePart] {
    switch role {
    case .incoming: [try await incoming(of: integration, in: cluster)]
    case .logic: [try await logic(of: integration, in: cluster, logger: logger)]
    case .outgoing: try await outgoing(of: integration, in: cluster, logger: logger)
    case .all: []
    }
  }

  private func incoming(of integration: Integration, in cluster: JetStreamJournal) async throws -> NodePart {
    var part = integration
    part.spec.steps = []
    part.spec.outgoing = [DestinationSpec(connection: .cluster, circuitBreaker: nil)]
    let plan = try await plan(part) { spec, role in
      role == .incoming ? try await self.connection(spec, role, of: integration) : EntranceSink()
    }
    let destinations = integration.spec.outgoing.map(\.connection.name)
    return NodePart(
      name: "\(integration.metadata.name) (incoming)",
      plan: plan,
      journal: EntranceJournal(cluster, destinations: destinations)
    )
  }

  private func logic(of integration: Integration, in cluster: JetStreamJournal, logger: Logger) async throws -> NodePart {
    let name = integration.metadata.name
    let destinations = integration.spec.outgoing.map(\.connection.name)
    let desk = StepDesk(
      cluster,
      integration: name,
      step: .logic(destinations: destinations),
      orderingKey: integration.keyOfMessage,
      logger: logger
    )
    var plan = try await plan(integration.handedOver) { spec, role in
      if role == .incoming { desk.source } else { desk.sink(to: spec.name) }
    }
    plan.isContinuation = true
    return NodePart(name: "\(name) (logic)", plan: plan, journal: desk.journal)
  }

  private func outgoing(of integration: Integration, in cluster: JetStreamJournal, logger: Logger) async throws -> [NodePart] {
    let name = integration.metadata.name
    var parts: [NodePart] = []
    for destination in integration.spec.outgoing {
      let desk = StepDesk(cluster, integration: name, step: .outgoing(destination: destination.connection.name), logger: logger)
      var part = integration.continued
      part.spec.steps = []
      part.spec.outgoing = [destination]
      part.spec.outgoing[0].steps = []
      var plan = try await plan(part) { spec, role in
        if role == .incoming { desk.source } else { try await self.connection(spec, role, of: integration) }
      }
      plan.isContinuation = true
      plan.givenOrderingKey = { desk.orderingKey(of: $0) }
      parts.append(NodePart(name: "\(name) (outgoing to \(destination.connection.name))", plan: plan, journal: desk.journal))
    }
    return parts
  }
}

extension Integration {
  /// Messages on their way into one destination's queue at once.
  private static let handoversAtOnce = 256

  /// The integration as the logic sees it: each destination is its queue in the cluster. What the file says of circuits is about
  /// the destination itself: a queue that has no room for one customer now has some for another, so it is never given a rest.
  var handedOver: Integration {
    var part = continued
    for index in part.spec.outgoing.indices {
      var connection = ConnectionSpec.cluster
      connection.name = part.spec.outgoing[index].connection.name
      part.spec.outgoing[index].connection = connection
      part.spec.outgoing[index].maxInFlight = Self.handoversAtOnce
      part.spec.outgoing[index].circuitBreaker = nil
    }
    return part
  }

  /// What messages are kept in order by besides their customers; nil for nothing else.
  fileprivate var keyOfMessage: (@Sendable (Message) -> String)? {
    guard let key = spec.orderingKey else { return nil }
    return { key.key(of: $0) }
  }

  /// The integration as a step in its middle sees it: what comes in comes from the cluster, and is bounded there.
  fileprivate var continued: Integration {
    var part = self
    part.spec.incoming = [.cluster]
    part.spec.limits.queue = Int(Int32.max)
    part.spec.limits.queuePerCustomer = Int(Int32.max)
    return part
  }
}

extension ConnectionSpec {
  /// The cluster's side of a part. What it does not take now, it takes later.
  fileprivate static var cluster: ConnectionSpec {
    let patience = RetryPolicy(maxRetries: .max, initialBackoff: .milliseconds(200), maxBackoff: .seconds(5))
    return ConnectionSpec(name: "cluster", type: "nats", retryPolicy: patience)
  }
}
