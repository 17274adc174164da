import RopewalkCore
package import RopewalkPlugins
import Synchronization

extension ErrorCode {
  /// A replay asked for a version of a step that is not kept any more.
  static let stepVersionGone = ErrorCode("step.version.gone", .notFound)
}

/// Earlier versions of one step's logic, made when a replay first asks for one.
package final class StepVersions: Sendable {
  /// Versions that are held ready at once; others are made again when they are asked for. Default 4.
  private static let maxReady = 4

  private struct Ready {
    let version: String
    let node: any LogicNode
  }

  private let make: @Sendable (String) async throws -> (any LogicNode)?
  private let ready = Mutex<[Ready]>([])

  /// - Parameter make: makes the logic of a version, as dead letters name it; nil when it is not kept.
  package init(_ make: @escaping @Sendable (String) async throws -> (any LogicNode)?) {
    self.make = make
  }

  /// - Throws: when there is no such version any more, or it cannot be made.
  func node(of version: String, step: String) async throws(LogicError) -> any LogicNode {
    if let node = ready.withLock({ $0.first { $0.version == version }?.node }) { return node }
    let made: (any LogicNode)?
    do {
      made = try await make(version)
    } catch {
      throw LogicError(.stepVersionGone, "the version \(version) of step '\(step)' cannot be run any more: \(error)")
    }
    guard let made else { throw Self.gone(version, step) }
    let (node, surplus) = ready.withLock { ready in
      // Another message may have been faster.
      if let node = ready.first(where: { $0.version == version })?.node { return (node, made as (any LogicNode)?) }
      ready.append(Ready(version: version, node: made))
      return (made, ready.count > Self.maxReady ? ready.removeFirst().node : nil)
    }
    await surplus?.shutdown()
    return node
  }

  func shutdown() async {
    let all = ready.withLock { ready in
      defer { ready = [] }
      return ready
    }
    for one in all { await one.node.shutdown() }
  }

  static func gone(_ version: String, _ step: String) -> LogicError {
    LogicError(.stepVersionGone, "the version \(version) of step '\(step)' is not kept any more; replay the letter without it")
  }
}
