import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkResources
import Testing

/// A manager that runs over a memory store while a test looks at it.
struct Bench {
  let client: any ResourceClient
  let manager: ControllerManager

  static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// - Parameter wrapping: what stands between the manager and the store.
  static func run(
    limits: ManagerLimits = ManagerLimits(),
    wrapping: (any ResourceClient) -> any ResourceClient = { $0 },
    _ body: (Bench) async throws -> Void
  ) async throws {
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    let manager = ControllerManager(client: wrapping(registry), limits: limits, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        do { try await manager.run() } catch is CancellationError {}
      }
      defer { group.cancelAll() }
      try await body(Bench(client: registry, manager: manager))
    }
  }

  static func key(_ name: String) -> ResourceKey { ResourceKey(.customers, namespace: "default", name: name) }

  @discardableResult
  func create(_ name: String, labels: [String: String] = [:]) async throws -> Resource {
    let metadata = ResourceMetadata(name: name, namespace: "default", labels: labels)
    let customer = Resource(apiVersion: "ropewalk.dev/v1", kind: "Customer", metadata: metadata, fields: ["spec": ["id": .string(name)]])
    return try await client.create(customer, options: WriteOptions())
  }

  /// Changes what is wanted.
  func rename(_ name: String, to text: String) async throws {
    _ = try await client.modify(Self.key(name), .main, options: WriteOptions()) { customer in
      customer.spec = ["id": .string(name), "displayName": .string(text)]
    }
  }

  func setStatus(_ name: String, _ count: Int) async throws {
    _ = try await client.modify(Self.key(name), .status, options: WriteOptions()) { customer in
      customer.status = ["messages": ["accepted": .number(JSONNumber(count))]]
    }
  }
}
