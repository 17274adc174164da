package import RopewalkCore
package import RopewalkPlugins
import RopewalkResources
package import RopewalkWasm

extension Workspace {
  /// The WASM runtime over this workspace's data folder and log.
  /// - Throws: `RopewalkError` when guests cannot be run here.
  package func makeWasmRuntime(outbound: OutboundHTTP, keepsVersions: Bool = false) throws(RopewalkError) -> WasmRuntime {
    try WasmRuntime(
      toolbox: .ofThisProcess,
      dataFolder: dataDirectory,
      closedFolders: closedFolders + [secretsDirectory].compactMap(\.self),
      outbound: outbound,
      keepsVersions: keepsVersions,
      logger: logger
    )
  }
}

extension Toolbox {
  /// The tools that this process finds: beside its executable, in `ROPEWALK_HOME`, in `PATH`.
  package static var ofThisProcess: Toolbox {
    var environment: [String: String] = [:]
    for name in ["ROPEWALK_HOME", "PATH"] { environment[name] = ProcessEnvironment[name] }
    return .standard(executable: CommandLine.executablePath, environment: environment)
  }
}

extension WasmStep {
  /// The step as its integration declares it.
  init(_ step: StepSpec, of integration: Integration) throws(RopewalkError) {
    let logic: WasmStep.Logic
    let key: [String]
    switch step.logic {
    case .file(let path): (logic, key) = (.file(path), ["source"])
    case .inline(let code, let mark): (logic, key) = (.inline(code, at: mark), ["inline"])
    case .function(let name):
      throw RopewalkError(.stepNotWasm, "the step \(step.name) is the built-in function \(name), not a guest")
    }
    self.init(
      tenantID: integration.spec.tenant,
      integrationID: integration.metadata.name,
      name: step.name,
      logic: logic,
      limits: step.limits,
      capabilities: step.capabilities,
      http: step.http,
      settings: step.settings,
      folder: integration.folder ?? ".",
      mark: step.places.mark(for: key),
      field: step.places.field(for: key)
    )
  }
}

extension ErrorCode {
  static let stepNotWasm = ErrorCode("step.not-wasm", .fault)
}

extension Integration {
  /// The folder of its file; nil when it came from elsewhere.
  var folder: String? {
    guard let file else { return nil }
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }
}
