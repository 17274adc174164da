import Logging
import RopewalkCore
import RopewalkResources
import ServiceLifecycle

/// Keeps an ``Authorizer`` at the roles and bindings as they are stored.
///
/// A change counts as soon as its watch tells of it, milliseconds after the write. Where the store fails, the rules that
/// were known last stay in force until it answers again.
struct AccessRulesFollower: Service {
  private static let kinds = ["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"]
  private static let retryInterval = Duration.seconds(1)

  let client: any ResourceClient
  let authorizer: Authorizer
  let logger: Logger

  func run() async throws {
    guard authorizer.isOn else { return try await gracefulShutdown() }
    do {
      try await cancelWhenGracefulShutdown { while true { try await followOnce() } }
    } catch is CancellationError {}
  }

  private func followOnce() async throws {
    do {
      try await follow()
    } catch let error as RopewalkError {
      logger.warning("the rules of access cannot be followed; trying again", metadata: ["error": "\(error)"])
    }
    try await Task.sleep(for: Self.retryInterval)
  }

  /// Reads all rules and follows their changes until a watch fails.
  private func follow() async throws {
    let objects = AccessObjects(kinds: Self.kinds.count) { authorizer.use(AccessRules($0)) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for kind in Self.kinds {
        guard let type = client.type(apiVersion: "\(EscalationGuard.group)/v1", kind: kind) else { continue }
        let events = try await client.watch(ResourceQuery(type.collection), after: nil)
        group.addTask {
          for try await event in events { objects.hear(event, of: type.collection) }
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }
}
