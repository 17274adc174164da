import Logging
import RopewalkControllers
import RopewalkCore
package import RopewalkPipeline
import RopewalkResources
import RopewalkServer
import ServiceLifecycle

/// The control plane and the data plane in one process, as `ropewalk serve` has them: objects and their API, the
/// controllers that make them so, and the integrations that run because of them.
package final class ServeHost: Sendable {
  /// What is said once the API is served.
  package struct Serving: Sendable {
    package var url: String
    /// The file with which `kubectl` gets in.
    package var kubeconfig: String
  }

  private let settings: ServeSettings
  private let workspace: Workspace
  private let journal: OpenJournal
  private let store: OpenStore
  private let registry: ResourceRegistry
  /// What the files declare, as it is in the store.
  private let applied: [ResourceKey: Resource]
  private let assembly: Assembly
  private let fleet: IntegrationFleet
  private let manager: ControllerManager
  private let authorizer: Authorizer
  private let audit: AuditLog
  private let controllersAudit: AuditLog
  private let onServing: @Sendable (Serving) -> Void

  /// Opens the journal and the store, and applies what files declare. Opens no connection.
  /// - Parameter onServing: called once the API is served and the kubeconfig is written.
  /// - Throws: `DiagnosticsError` with everything that is wrong in the files; `RopewalkError` when the data folder, the
  ///   journal or the store cannot be used.
  package init(
    _ settings: ServeSettings,
    in workspace: Workspace,
    onServing: @escaping @Sendable (Serving) -> Void = { _ in }
  ) async throws {
    let declared = try ResourceFile.read(paths: settings.resources)
    var workspace = workspace
    workspace.closedFolders = settings.dataFolders + [settings.keyFile].compactMap(\.self)
    let assembly = try Assembly(workspace, keepsVersions: true)
    let journal: OpenJournal
    do {
      journal = try workspace.openJournal(settings.journal, for: .run)
    } catch {
      assembly.shutdown()
      throw error
    }
    do {
      let store = try await OpenStore(settings.store, in: workspace)
      let registry = try await ResourceRegistry.open(store.store, sealing: try await SealingKeyFile.keys(in: workspace))
      await Self.sealSecretsAnew(in: registry, logger: workspace.logger)
      let files = ServerFiles(dataFolder: workspace.dataDirectory)
      try files.makeFolder()
      let audit = try AuditLog(path: files.audit)
      let client = AuditedClient(registry, audit: audit, source: "start", logger: workspace.logger)
      self.applied = try await ResourceApplier(client: client).apply(declared)
      self.audit = audit
      self.controllersAudit = try AuditLog(path: files.controllersAudit)
      self.store = store
      self.registry = registry
    } catch {
      journal.close(logger: workspace.logger)
      assembly.shutdown()
      throw error
    }
    self.settings = settings
    self.workspace = workspace
    self.assembly = assembly
    self.journal = journal
    self.fleet = IntegrationFleet()
    self.manager = ControllerManager(client: registry, logger: workspace.logger)
    self.authorizer = Authorizer(isOn: settings.isAuthorizing)
    self.onServing = onServing
  }

  /// Serves and runs until a signal asks to stop: the first drains, the second stops at once.
  /// - Parameter onDrain: called when the first signal has come.
  /// - Throws: what kept the API from being served; `CancellationError` after a second signal.
  package func run(onDrain: @escaping @Sendable () -> Void) async throws {
    let result: Result<Void, any Error>
    do {
      try await registerControllers()
      // They end in the opposite order: first nothing is asked any more, then nothing is changed, then what runs is drained.
      let services: [any Service] = [RegistryUpkeep(registry: registry, logger: workspace.logger), fleet, manager, discovery, apiServer]
      let group = SignalledGroup(services: services, logger: workspace.logger, onDrain: onDrain)
      result = .success(try await assembly.run { try await group.run() })
    } catch {
      result = .failure(error)
    }
    journal.close(logger: workspace.logger)
    await store.close(logger: workspace.logger)
    assembly.shutdown()
    try result.get()
  }

  /// The counts of each integration that runs, latencies since the last call with `resettingLatency`.
  package func counts(resettingLatency: Bool = false) -> [CountsSnapshot] {
    fleet.counts(resettingLatency: resettingLatency)
  }

  private func registerControllers() async throws {
    let (registry, secrets, isOpen) = (registry, workspace.secretSource, !authorizer.isOn)
    let reader = DeclarationReader(
      workspace: workspace,
      folder: ".",
      folders: folders,
      trusted: trusted,
      // Whoever may write objects must not name the server's own secrets in them.
      secrets: { ResourceSecretSource(registry, namespace: $0, fallback: $1 || isOpen ? secrets : nil) },
      customers: { try await registry.list(ResourceQuery(.customers, namespace: $0)).items }
    )
    let integrations = IntegrationController(
      client: manager.client,
      reader: reader,
      assembly: assembly,
      journal: journal.journal,
      fleet: fleet,
      limits: settings.integrations,
      workspace: workspace,
      onEnd: { [weak manager] key in try? manager?.trigger(IntegrationController.name, key) }
    )
    try await manager.register(integrations, options: integrations.options)
    let wasm = wasmControllers
    // What the folders hold is declared first; what is wrong with it is said when they are looked at again.
    await discovery.look()
    try await wasm.holdWrites()
    try await manager.register(wasm, options: wasm.options)
  }

  private var trusted: OperatorsWord { OperatorsWord(applied.compactMapValues(\.spec)) }

  private var folders: FolderRules {
    FolderRules(
      code: ["."] + settings.resources.map(Self.folder),
      data: settings.dataFolders,
      closed: [workspace.dataDirectory] + [workspace.secretsDirectory, settings.keyFile].compactMap(\.self),
      declarations: settings.resources + settings.plugins
    )
  }

  private var wasmControllers: ControllerController {
    let (assembly, authorizer, audit, logger) = (assembly, authorizer, controllersAudit, workspace.logger)
    let authorize: GrantedClient.Authorize = { subject, verb, target in authorizer.refusal(of: verb, target, for: subject) }
    let loader = ControllerLoader(
      runtime: { try assembly.wasmRuntime() },
      client: AuditedClient(manager.client, audit: audit, logger: logger),
      authorize: authorizer.isOn ? authorize : nil,
      onRefusal: { refusal in
        do {
          try audit.append(AuditRecord(refusal))
        } catch {
          logger.error("A refusal could not be put on record", metadata: ["error": "\(error)"])
        }
      },
      logger: logger
    )
    return ControllerController(
      loader: loader,
      modules: ModuleRules(folders: folders, trusted: trusted, plugins: PluginFolders(paths: settings.plugins)),
      client: manager.client,
      admission: registry.admission,
      manager: manager,
      logger: logger
    )
  }

  private var discovery: ControllerDiscovery {
    let client = AuditedClient(registry, audit: audit, source: "plugins", logger: workspace.logger)
    return ControllerDiscovery(paths: settings.plugins, client: client, logger: workspace.logger)
  }

  private var apiServer: APIServer {
    var api = APIServerSettings(dataFolder: workspace.dataDirectory, host: settings.host, port: settings.port)
    api.tls = settings.tls
    let (manager, fleet, connectors, onServing) = (manager, fleet, assembly.connectorMetrics, onServing)
    let kubeconfig = api.files.kubeconfig
    return APIServer(
      client: registry,
      settings: api,
      authorizer: authorizer,
      metrics: { fleet.counts().shownMetrics + manager.shownMetrics + connectors.shown },
      health: [HealthCheck("controllers") { Self.problem(in: await manager.reports()) }],
      audit: audit,
      logger: workspace.logger,
      onListening: { onServing(Serving(url: $0.url, kubeconfig: kubeconfig)) }
    )
  }

  /// Encrypts Secrets with the key of now, where that has changed. One that cannot be read keeps no server from starting.
  private static func sealSecretsAnew(in registry: ResourceRegistry, logger: Logger) async {
    do {
      let count = try await registry.sealSecretsAnew()
      if count > 0 { logger.notice("Secrets were encrypted with the new key; the old one may go", metadata: ["count": "\(count)"]) }
    } catch {
      logger.warning("Secrets could not be encrypted with the new key; keep the old one", metadata: ["error": "\(error)"])
    }
  }

  /// What keeps the server's own controllers from their work. What is wrong with others is their objects' to say.
  static func problem(in reports: [ControllerReport]) -> String? {
    for report in reports where ControllerController.ownNames.contains(report.name) {
      if case .unhealthy(let reason) = report.health { return "the controller \(report.name): \(reason)" }
    }
    return nil
  }

  /// The folder itself, or that of a file.
  private static func folder(_ path: String) -> String {
    guard [".yaml", ".yml", ".json"].contains(where: { path.hasSuffix($0) }) else { return path }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
