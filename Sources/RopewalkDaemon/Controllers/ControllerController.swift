import Logging
import RopewalkControllers
import RopewalkCore
import RopewalkResources
import RopewalkWasm
import Synchronization

/// Runs what `Controller` objects declare: loads the module, swaps a changed one in without missing an event, takes one
/// that is gone away. One that cannot be loaded says so in its status, and the one that ran before runs on.
final class ControllerController: Reconciler {
  static let controllerName = "controllers"
  static let collection = ResourceCollection(group: "ropewalk.dev", plural: "controllers")
  /// Those that are part of Ropewalk; no other may have their names.
  static let ownNames: Set = [IntegrationController.name, ControllerController.controllerName]
  /// How long to wait for a kind that nobody has defined yet; one that is defined is heard of.
  private static let kindRetry: Duration = .seconds(5)
  /// The longest reason, in characters, that a status tells; the log has it as a whole.
  private static let maxReason = 1000

  private struct Running {
    var fingerprint: String
    var version: String
    var kinds: [KindReference]
    /// Why it rests; nil while it works.
    var rest: String?
  }

  let name: String = ControllerController.controllerName
  let kinds = [ControllerController.collection]
  var configuration: JSONObject { get async { [:] } }

  private let loader: ControllerLoader
  private let modules: ModuleRules
  private let client: any ResourceClient
  private let admission: AdmissionChain
  private let manager: ControllerManager
  private let logger: Logger
  private let running = Mutex<[String: Running]>([:])
  /// Those that wait for a kind.
  private let waiting = Mutex<Set<ResourceKey>>([])

  init(
    loader: ControllerLoader,
    modules: ModuleRules,
    client: any ResourceClient,
    admission: AdmissionChain,
    manager: ControllerManager,
    logger: Logger
  ) {
    self.loader = loader
    self.modules = modules
    self.client = client
    self.admission = admission
    self.manager = manager
    self.logger = logger
  }

  /// How the manager is to run it.
  var options: ControllerOptions {
    var options = ControllerOptions()
    // One module that takes long to compile must not hold up the others.
    options.maxConcurrentReconciles = 4
    options.watches = [
      WatchedKind(.customResourceDefinitions) { [weak self] _ in
        self.map { controllers in Array(controllers.waiting.withLock(\.self)) } ?? []
      }
    ]
    return options
  }

  /// Lets nothing be written that a controller must look at which does not run yet. Called before anybody can write.
  func holdWrites() async throws {
    for object in try await client.list(ResourceQuery(Self.collection)).items { holdWrites(for: object) }
  }

  /// Until it runs, or is gone or switched off. One that can never run holds nothing.
  private func holdWrites(for object: Resource) {
    let name = object.metadata.name
    guard !Self.ownNames.contains(name), running.withLock({ $0[name] }) == nil else { return }
    let isWanted = object.metadata.deletionTimestamp == nil && object.spec?["enabled"]?.bool != false
    if isWanted, let step = AdmissionStep(waitingFor: object) {
      admission.set(step)
    } else {
      admission.remove(AdmissionStep.name(ofController: name))
    }
  }

  func configure(_ configuration: JSONObject) async throws {}
  func start() async throws {}
  func stop() async {}
  func metrics() async -> [String: Double] { ["controllers": Double(running.withLock { $0.count })] }
  func health() async -> ReconcilerHealth { .healthy }

  func reconcile(_ request: ReconcileRequest) async throws -> ReconcileResult {
    let object: Resource
    do {
      object = try await client.get(request.key)
    } catch let error as RopewalkError where error.code == .resourceNotFound {
      await unload(request.key.name)
      return .done
    }
    waiting.withLock { _ = $0.remove(request.key) }
    guard !Self.ownNames.contains(request.key.name) else {
      try await report(object, .failed(reason: "Invalid", "a controller of Ropewalk's own has this name; take another"))
      return .done
    }
    holdWrites(for: object)
    let contents = ControllerDeclaration(object).contents
    guard let manifest = contents.controllers.first, contents.problems.allSatisfy({ $0.severity == .warning }) else {
      let problems = contents.problems.map(\.description).joined(separator: "\n")
      try await report(object, .failed(reason: "Invalid", problems))
      return .done
    }
    guard manifest.isEnabled, object.metadata.deletionTimestamp == nil else {
      await unload(manifest.name)
      try await report(object, .stopped)
      return .done
    }
    if let problem = modules.problem(of: manifest, declaredBy: object) {
      try await report(object, .failed(reason: "Denied", problem.description))
      return .done
    }
    return try await run(manifest, object)
  }

  private func run(_ manifest: ControllerManifest, _ object: Resource) async throws -> ReconcileResult {
    let fingerprint = ControllerDeclaration.fingerprint(of: manifest)
    do {
      if running.withLock({ $0[manifest.name]?.fingerprint }) != fingerprint { try await swap(to: manifest, fingerprint, object) }
      if let running = running.withLock({ $0[manifest.name] }) {
        try await report(object, .running(rest: running.rest, running.version, running.kinds))
      }
      return .done
    } catch let error as RopewalkError where error.code == .controllerKindUnknown {
      waiting.withLock { _ = $0.insert(ResourceKey(Self.collection, name: manifest.name)) }
      try await report(object, .failed(reason: "KindUnknown", error.message))
      return .after(Self.kindRetry)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      try await report(object, .failed(reason: "LoadFailed", (error as? RopewalkError)?.message ?? "\(error)"))
      // What its `initialize` asks for may come, and a machine that was too slow for it has its quiet hours.
      return .again
    }
  }

  private func swap(to manifest: ControllerManifest, _ fingerprint: String, _ object: Resource) async throws {
    let key = ResourceKey(Self.collection, name: manifest.name)
    let loaded = try await loader.load(manifest) { [weak self] reason in
      self?.note(rest: reason, key)
    }
    try await manager.register(loaded.reconciler, options: loaded.options)
    running.withLock {
      $0[manifest.name] = Running(fingerprint: fingerprint, version: loaded.version, kinds: loaded.kinds)
    }
    if let step = loaded.admission { admission.set(step) } else { admission.remove(AdmissionStep.name(ofController: manifest.name)) }
    logger.info("A controller runs", metadata: ["ropewalk.controller": "\(manifest.name)", "ropewalk.version": "\(loaded.version)"])
  }

  private func note(rest: String?, _ key: ResourceKey) {
    running.withLock { $0[key.name]?.rest = rest }
    try? manager.trigger(name, key)
  }

  private func unload(_ controller: String) async {
    let wasRunning = running.withLock { $0.removeValue(forKey: controller) } != nil
    admission.remove(AdmissionStep.name(ofController: controller))
    guard wasRunning else { return }
    do {
      try await manager.remove(controller)
    } catch {
      logger.warning("A controller could not be taken away", metadata: ["ropewalk.controller": "\(controller)", "error": "\(error)"])
    }
  }

  private enum Outcome {
    case running(rest: String?, _ version: String, _ kinds: [KindReference])
    case failed(reason: String, _ message: String)
    case stopped
  }

  /// Writes the status where it says something else than before.
  private func report(_ object: Resource, _ outcome: Outcome) async throws {
    let generation = object.metadata.generation
    let key = ResourceKey(Self.collection, name: object.metadata.name)
    let isKept = running.withLock { $0[object.metadata.name] != nil }
    var status = object.status?.object ?? JSONObject()
    status["observedGeneration"] = .number(JSONNumber(generation))
    let ready: Condition
    switch outcome {
    case .running(let rest, let version, let kinds):
      status["phase"] = rest == nil ? "Running" : "BackingOff"
      status["version"] = .string(version)
      status["kinds"] = .array(kinds.map { .string($0.description) })
      if rest == nil { status["lastError"] = nil }
      ready = Condition(
        "Ready",
        is: rest == nil,
        reason: rest == nil ? "Running" : "FailsAgainAndAgain",
        message: rest.map { "it rests after failing again and again, and is tried again: \($0.prefix(Self.maxReason))" } ?? ""
      )
    case .failed(let reason, let message):
      status["phase"] = isKept ? "Running" : "Failed"
      status["lastError"] = ["reason": .string(reason), "message": .string(message)]
      ready = Condition("Ready", is: isKept, reason: reason, message: isKept ? "the version before runs on: \(message)" : message)
    case .stopped:
      status["phase"] = "Stopped"
      ready = Condition("Ready", is: false, reason: "Disabled")
    }
    status.set([ready], observedGeneration: generation, at: .now)
    guard status != object.status?.object else { return }
    do {
      let written = status
      _ = try await client.modify(key, .status, options: WriteOptions()) { $0.status = .object(written) }
    } catch let error as RopewalkError where error.code == .resourceNotFound {}
  }
}
