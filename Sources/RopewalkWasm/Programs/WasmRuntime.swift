package import Logging
package import RopewalkCore
package import RopewalkPlugins
import SystemPackage
import Wasmtime

/// Runs guests: one for a process, shared by all integrations.
package final class WasmRuntime: Sendable {
  private let host: GuestHost
  let scheduler: WasmScheduler
  let pool: InstancePool
  private let modules: ModuleStore
  let bundler: TypeScriptBundler
  private let toolbox: Toolbox
  private let archive: GuestArchive?

  /// Nothing is compiled or read before the first step is prepared.
  /// - Parameters:
  ///   - dataFolder: `--data-dir`; compiled modules and bundles are kept in `cache` below it.
  ///   - closedFolders: what scripts may not import from, besides the data folder and everything outside their own.
  ///   - outbound: makes the calls of `HTTPCall`.
  ///   - keepsVersions: whether the code of prepared steps is kept in `versions` below the folder, to be run again by its digest.
  /// - Throws: ``RopewalkError`` when the engine cannot reserve its address space, or the folder cannot be created.
  package init(
    toolbox: Toolbox,
    dataFolder: String,
    closedFolders: [String] = [],
    outbound: OutboundHTTP,
    keepsVersions: Bool = false,
    limits: WasmLimits = WasmLimits(),
    logger: Logger = Logger(label: "ropewalk.guests")
  ) throws(RopewalkError) {
    let cache = FilePath(dataFolder).appending("cache")
    try cache.createFolder()
    let engine = try Self.makeEngine(limits)
    self.host = GuestHost(engine: engine, limits: limits, outbound: outbound, logger: logger)
    self.scheduler = WasmScheduler(permits: limits.runningGuests, ticker: EpochTicker(engine: engine, tick: limits.tick))
    self.pool = InstancePool(maxInstances: limits.liveInstances, maxWaiting: limits.waitingForInstance)
    self.modules = ModuleStore(engine: engine, folder: cache.appending("modules"))
    self.bundler = TypeScriptBundler(
      toolbox: toolbox,
      folder: cache.appending("scripts"),
      closed: ([dataFolder] + closedFolders).map { FilePath($0) },
      sizeLimit: limits.scriptSize,
      timeLimit: limits.bundlingTime
    )
    self.toolbox = toolbox
    self.archive = keepsVersions ? GuestArchive(folder: FilePath(dataFolder).appending("versions"), limits: limits) : nil
  }

  /// Says whether guests could be run here; makes no files.
  /// - Throws: ``RopewalkError`` when the engine cannot reserve its address space.
  package static func check() throws(RopewalkError) {
    _ = try makeEngine(WasmLimits())
  }

  private static func makeEngine(_ limits: WasmLimits) throws(RopewalkError) -> Engine {
    do {
      return try Engine(limits.engineConfiguration)
    } catch {
      throw RopewalkError(.wasmEngine, "WASM cannot be run here: \(error.message)", cause: error)
    }
  }

  /// Instances that live now, idle or at work.
  package var liveInstances: Int { pool.live }

  /// Makes a step's logic ready: reads, bundles, checks and compiles it, and sets up one instance to see that it starts.
  /// - Throws: ``DiagnosticsError`` for what is wrong with the user's files, with their places; ``RopewalkError`` for
  ///   everything else, such as a missing tool.
  package func prepare(_ step: WasmStep) async throws -> WasmLogicNode {
    try checkLimits(step)
    switch step.logic {
    case .file(let path) where FilePath(path).extension == "wasm":
      let bytes = try moduleBytes(step, FilePath(path))
      let node = try await started(try await moduleProgram(step, path, bytes), step)
      archive?.keep(module: bytes, node.digest, logger: host.logger)
      return node
    case .file, .inline:
      let source = try ScriptSource(step)
      let bundle = try await bundler.bundle(source)
      let node = try await started(try await scriptProgram(step, bundle, source), step)
      archive?.keep(script: bundle, node.digest, logger: host.logger)
      return node
    }
  }

  /// Makes a step's logic ready as it was when its code had that digest; everything else of the step is as it is given.
  /// - Returns: nil when that code is not kept, or not any more.
  /// - Throws: as ``prepare(_:)``.
  package func prepare(_ step: WasmStep, digest: CodeDigest) async throws -> WasmLogicNode? {
    try checkLimits(step)
    switch archive?.code(of: digest) {
    case .module(let bytes): return try await started(try await moduleProgram(step, "\(digest)", bytes), step)
    case .script(let bundle): return try await started(try await scriptProgram(step, bundle, ScriptSource(step)), step)
    case nil: return nil
    }
  }

  /// The program's node, after one instance was seen to start.
  private func started(_ program: GuestProgram, _ step: WasmStep) async throws -> WasmLogicNode {
    let node = WasmLogicNode(program, pool: pool, scheduler: scheduler)
    do {
      try await node.tryOut()
    } catch {
      throw DiagnosticsError([
        Diagnostic(at: error.mark ?? step.mark, field: step.field, "the step does not start: \(error.error)")
      ])
    }
    return node
  }

  func checkLimits(_ step: WasmStep) throws(DiagnosticsError) {
    guard step.limits.memoryLimit > host.limits.memoryLimit else { return }
    throw DiagnosticsError([
      Diagnostic(
        at: step.mark,
        field: step.field,
        "memoryLimit \(step.limits.memoryLimit) is more than the \(host.limits.memoryLimit) a step can have"
      )
    ])
  }

  func moduleBytes(_ step: WasmStep, _ path: FilePath) throws(DiagnosticsError) -> [UInt8] {
    do {
      return try path.contents(limit: host.limits.moduleSize)
    } catch {
      let remedy = error.code == .fileTooLarge ? "build it optimised and without debug information" : ""
      throw DiagnosticsError([Diagnostic(at: step.mark, field: step.field, error.message, remedy: remedy)])
    }
  }

  /// - Parameter initialMemory: what the module may declare from the start; nil for the step's limit.
  func moduleProgram(
    _ step: WasmStep,
    _ name: String,
    _ bytes: [UInt8],
    role: GuestRole = .step,
    initialMemory: ByteCount? = nil
  ) async throws -> GuestProgram {
    let check = ModuleCheck(
      name: name,
      role: role,
      initialMemory: initialMemory ?? step.limits.memoryLimit,
      granted: step.capabilities,
      mark: step.mark,
      field: step.field
    )
    try check.run(bytes)
    do {
      let template = try await modules.template(of: bytes)
      return GuestProgram(step: step, digest: CodeDigest(of: bytes), script: nil, template: template, host: host, role: role)
    } catch let error as WasmtimeError {
      throw DiagnosticsError([Diagnostic(at: step.mark, field: step.field, "'\(name)' cannot be used: \(error.message)")])
    }
  }

  func scriptProgram(
    _ step: WasmStep,
    _ bundle: ScriptBundle,
    _ source: ScriptSource,
    role: GuestRole = .step
  ) async throws -> GuestProgram {
    let script = GuestScript(bundle, source: source, stepName: step.name)
    let path = FilePath(try toolbox.path(of: .javaScriptEngine))
    let template: InstanceTemplate<GuestState>
    do {
      template = try await modules.template(ofFile: path, limit: host.limits.moduleSize) { bytes throws(DiagnosticsError) in
        try ModuleCheck(
          name: path.string,
          role: .step,
          initialMemory: step.limits.memoryLimit,
          granted: nil,
          mark: step.mark,
          field: step.field
        ).run(bytes)
      }
    } catch let error as WasmtimeError {
      throw RopewalkError(.wasmEngine, "the JavaScript engine '\(path)' cannot be used: \(error.message)", cause: error)
    }
    return GuestProgram(step: step, digest: CodeDigest(of: bundle.code), script: script, template: template, host: host, role: role)
  }
}

extension ErrorCode {
  /// WASM, or the JavaScript engine in it, cannot be run on this machine.
  package static let wasmEngine = ErrorCode("wasm.engine", .unavailable)
}

extension WasmLimits {
  /// Room for every instance, and a stack for each at once: any of them may wait for a host call.
  fileprivate var engineConfiguration: EngineConfiguration {
    var configuration = EngineConfiguration()
    let instances = UInt32(clamping: liveInstances + runningGuests + Self.spareInstances)
    configuration.maxInstances = instances
    configuration.maxMemories = instances
    configuration.maxTables = instances
    configuration.maxStacks = instances
    configuration.maxMemorySize = memoryLimit.bytes
    // What the JavaScript engine counts on (SCRIPT_STACK_SIZE), so that a script that calls itself too deeply hears of it.
    configuration.maxWasmStack = 2 << 20
    // Host functions run on the guest's stack, and those that parse recurse.
    configuration.asyncStackSize = 16 << 20
    return configuration
  }

  /// Instances that are being set up to be tried out, or dropped, beside those of the pool.
  private static var spareInstances: Int { 64 }
}
