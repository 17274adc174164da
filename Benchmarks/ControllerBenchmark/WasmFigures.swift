import Foundation
import RopewalkControllers
import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import RopewalkWasm

/// Controllers in WebAssembly: what a reconciliation, loading and many of them cost.
struct WasmFigures {
  /// The guest of Benchmarks/controller-guest, built.
  let module: String
  let count: Int

  /// Not on the main actor, as no controller is.
  @concurrent func measure() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-benchmark-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let runtime = try WasmRuntime(
      toolbox: .standard(executable: CommandLine.arguments[0], environment: ProcessInfo.processInfo.environment),
      dataFolder: folder,
      outbound: OutboundHTTP { _, _ throws(OutboundHTTP.Failure) in throw OutboundHTTP.Failure(.noCalls, "benchmarks call nobody") }
    )
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    let keys = (0..<100).map { ResourceKey(customers, namespace: "default", name: "customer-\($0)") }
    for key in keys { _ = try await registry.create(customer(key.name), options: WriteOptions()) }

    // The first one compiles the module; the others find it in the cache.
    _ = try await reconciler("first", [:], runtime, registry)
    for writes in [false, true] {
      let reconciler = try await reconciler("one", ["writes": .bool(writes)], runtime, registry)
      try await reconciler.start()
      let rounds = writes ? count / 5 : count
      let time = Stopwatch()
      for number in 0..<rounds { _ = try await reconciler.reconcile(ReconcileRequest(keys[number % keys.count])) }
      print("{\"wasm_reconcile\": {\"writes\": \(writes), \"per_second\": \(Int(Double(rounds) / time.elapsed.seconds))}}")
      await reconciler.stop()
    }
    try await crowd(200, runtime, registry, keys[0])
  }

  private func crowd(_ size: Int, _ runtime: WasmRuntime, _ registry: ResourceRegistry, _ key: ResourceKey) async throws {
    let before = ProcessMemory.privateKibibytes
    let time = Stopwatch()
    var all: [WasmReconciler] = []
    for number in 0..<size { all.append(try await reconciler("crowd-\(number)", [:], runtime, registry)) }
    let loading = time.elapsed
    for reconciler in all {
      try await reconciler.start()
      _ = try await reconciler.reconcile(ReconcileRequest(key))
    }
    let each = Double(ProcessMemory.privateKibibytes - before) / Double(size)
    print(
      "{\"wasm_crowd\": {\"controllers\": \(size), \"load_milliseconds_each\": \(loading.seconds * 1e3 / Double(size)), \"kibibytes_each\": \(each)}}"
    )
    for reconciler in all { await reconciler.stop() }
  }

  private func reconciler(
    _ name: String,
    _ settings: JSONObject,
    _ runtime: WasmRuntime,
    _ registry: ResourceRegistry
  ) async throws -> WasmReconciler {
    var grants = ControllerGrants(resources: ["customers"], verbs: [.get, .update])
    grants.requestsPerSecond = 1_000_000
    let granted = GrantedClient(
      registry,
      settings: GrantedClient.Settings(controller: name, grants: grants, capabilities: [.reconcile]),
      onRefusal: { print("{\"refused\": \"\($0.reason)\"}") }
    )
    let client = GuestClient { request in
      do {
        return .done(try await granted.answer(try JSON.parse(request), size: request.count).serialised())
      } catch {
        return .refused(GuestClient.refusal("client.failed", "\(error)"))
      }
    }
    let source = ControllerSource(name: name, path: module, settings: settings)
    let (controller, metadata) = try await runtime.prepare(source, client: client)
    let kinds = [customers: metadata.kinds[0]]
    return WasmReconciler(controller, kinds: kinds, configuration: settings, lanes: 1, isReconciling: true)
  }
}

enum ProcessMemory {
  /// What the process shares with nobody.
  static var privateKibibytes: Int {
    guard let rollup = FileManager.default.contents(atPath: "/proc/self/smaps_rollup") else { return 0 }
    return String(decoding: rollup, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("Private_") }
      .reduce(0) { $0 + (Int($1.split(separator: " ")[1]) ?? 0) }
  }
}

extension ErrorCode {
  fileprivate static let noCalls = ErrorCode("benchmark.no-calls", .denied)
}
