import RopewalkCore
package import RopewalkPlugins
import Synchronization

extension ErrorCode {
  /// A replay asked for a version of a step that is not kept any more.
  static let stepVersionGone = ErrorCode("step.version.gone", .notFound)
}

/// Earlier versions of one step's logic, made when a replay first asks for one.
package final class StepVersions: Sendable {
  /// Versions that are held ready at once, unless more are in use; others are made again when they are asked for. Default 4.
  private static let maxReady = 4

  private struct Ready {
    let version: String
    let node: any LogicNode
    /// Messages that it processes just now; it is given back only when there are none.
    var users = 1
  }

  private let make: @Sendable (String) async throws -> (any LogicNode)?
  private let ready = Mutex<[Ready]>([])

  /// - Parameter make: makes the logic of a version, as dead letters name it; nil when it is not kept.
  package init(_ make: @escaping @Sendable (String) async throws -> (any LogicNode)?) {
    self.make = make
  }

  /// Has a version process a message.
  /// - Throws: also when there is no such version any more, or it cannot be made.
  func process(_ message: Message, by version: String, step: String) async throws(LogicError) -> LogicOutcome {
    let node = try await enter(version, step: step)
    let result: Result<LogicOutcome, LogicError>
    do throws(LogicError) {
      result = .success(try await node.process(message))
    } catch {
      result = .failure(error)
    }
    await leave(version)
    return try result.get()
  }

  private func enter(_ version: String, step: String) async throws(LogicError) -> any LogicNode {
    if let node = ready.withLock({ Self.use(version, of: &$0) }) { return node }
    let made: (any LogicNode)?
    do {
      made = try await make(version)
    } catch {
      throw LogicError(.stepVersionGone, "the version \(version) of step '\(step)' cannot be run any more: \(error)")
    }
    guard let made else { throw Self.gone(version, step) }
    let (node, surplus) = ready.withLock { ready in
      // Another message may have been faster.
      if let node = Self.use(version, of: &ready) { return (node, made as (any LogicNode)?) }
      ready.append(Ready(version: version, node: made))
      return (made, Self.takeSurplus(of: &ready))
    }
    await surplus?.shutdown()
    return node
  }

  private func leave(_ version: String) async {
    let surplus = ready.withLock { ready -> (any LogicNode)? in
      guard let place = ready.firstIndex(where: { $0.version == version }) else { return nil }
      ready[place].users -= 1
      return Self.takeSurplus(of: &ready)
    }
    await surplus?.shutdown()
  }

  private static func use(_ version: String, of ready: inout [Ready]) -> (any LogicNode)? {
    guard let place = ready.firstIndex(where: { $0.version == version }) else { return nil }
    ready[place].users += 1
    return ready[place].node
  }

  /// The oldest version that nobody uses, when there are too many.
  private static func takeSurplus(of ready: inout [Ready]) -> (any LogicNode)? {
    guard ready.count > maxReady, let place = ready.firstIndex(where: { $0.users == 0 }) else { return nil }
    return ready.remove(at: place).node
  }

  /// No message may be processed any more.
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
