// What reconciling costs without the reconcilers' own work: ControllerBenchmark OBJECTS [MODULE.wasm]
//
// A line of JSON each: embedded reconciliations through the queue with 1 and 4 workers (the first twice so that noise shows),
// registering a controller, and a change's way through 500 controllers of one kind; with a module, the same in WebAssembly.

import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkResources
import Synchronization

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 200_000
let customers = ResourceCollection(group: "ropewalk.dev", plural: "customers")
let logger = Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }

for workers in [1, 1, 4] {
  let seconds = try await reconcile(count, workers: workers)
  let perSecond = Int(Double(count) / seconds)
  print("{\"reconcile\": {\"workers\": \(workers), \"per_second\": \(perSecond), \"microseconds\": \(seconds * 1e6 / Double(count))}}")
}
let before = ProcessMemory.privateKibibytes
let (registration, change) = try await crowd(500)
print("{\"register\": {\"controllers\": 500, \"microseconds_each\": \(registration * 1e6)}}")
print("{\"memory\": {\"controllers\": 500, \"kibibytes_each\": \(Double(ProcessMemory.privateKibibytes - before) / 500)}}")
print("{\"change\": {\"controllers\": 500, \"milliseconds_until_all_reconciled\": \(change * 1e3)}}")
if CommandLine.arguments.count > 2 { try await WasmFigures(module: CommandLine.arguments[2], count: count / 2).measure() }

/// Counts reconciliations, and says when there have been enough.
final class Counter: Reconciler {
  let name: String
  let kinds = [customers]
  private let left: Atomic<Int>
  private let enough: Gate

  init(_ name: String, until count: Int, _ enough: Gate = Gate()) {
    self.name = name
    self.left = Atomic(count)
    self.enough = enough
  }

  var configuration: JSONObject { JSONObject() }
  func configure(_ configuration: JSONObject) async throws {}
  func start() async throws {}
  func stop() async {}
  func metrics() async -> [String: Double] { [:] }
  func health() async -> ReconcilerHealth { .healthy }

  func reconcile(_ request: ReconcileRequest) async throws -> ReconcileResult {
    if left.subtract(1, ordering: .relaxed).newValue == 0 { enough.open() }
    return .done
  }

  func wait() async { await enough.wait() }
}

/// Runs a manager over an empty memory store.
func withManager<Result: Sendable>(_ body: (any ResourceClient, ControllerManager) async throws -> Result) async throws -> Result {
  let registry = try await ResourceRegistry.open(MemoryResourceStore())
  let manager = ControllerManager(client: registry, logger: logger)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
      do { try await manager.run() } catch is CancellationError {}
    }
    defer { group.cancelAll() }
    return try await body(registry, manager)
  }
}

/// Has a thousand keys reconciled over and over, as fast as they are taken; returns the seconds.
func reconcile(_ count: Int, workers: Int) async throws -> Double {
  try await withManager { _, manager in
    let counter = Counter("counter", until: count)
    var options = ControllerOptions()
    options.maxConcurrentReconciles = workers
    let keys = (0..<1000).map { ResourceKey(customers, namespace: "default", name: "customer-\($0)") }
    // One more than is counted, so that the queue is never the one who waits.
    try await manager.register(counter, options: options)
    let start = ContinuousClock.now
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask {
        while !Task.isCancelled {
          for key in keys { try manager.trigger("counter", key) }
          await Task.yield()
        }
      }
      await counter.wait()
      group.cancelAll()
    }
    return (ContinuousClock.now - start).seconds
  }
}

/// Registers controllers; returns the seconds that each took, and those from a change until all had reconciled it.
func crowd(_ count: Int) async throws -> (registration: Double, change: Double) {
  try await withManager { client, manager in
    let counters = (0..<count).map { Counter("counter-\($0)", until: 1) }
    let start = ContinuousClock.now
    for counter in counters { try await manager.register(counter) }
    let registered = ContinuousClock.now
    _ = try await client.create(customer("one"), options: WriteOptions())
    for counter in counters { await counter.wait() }
    let changed = ContinuousClock.now
    return ((registered - start).seconds / Double(count), (changed - registered).seconds)
  }
}

func customer(_ name: String) -> Resource {
  let metadata = ResourceMetadata(name: name, namespace: "default")
  return Resource(apiVersion: "ropewalk.dev/v1", kind: "Customer", metadata: metadata, fields: ["spec": [:]])
}
