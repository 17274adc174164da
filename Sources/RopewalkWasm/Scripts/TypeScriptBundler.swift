import RopewalkCore
import SystemPackage

/// Makes one JavaScript file of a script and the local files it imports, with esbuild.
struct TypeScriptBundler: Sendable {
  /// The exports of a bundle are assigned to this global.
  static let globalName = "__ropewalk_module"

  let toolbox: Toolbox
  let folder: FilePath
  /// What no script may import from, besides everything outside its own folder.
  var closed: [FilePath] = []
  let sizeLimit: ByteCount
  let timeLimit: Duration

  private var cache: BundleCache { BundleCache(folder: folder, fileLimit: sizeLimit) }

  /// Returns the bundle, from the cache where nothing that it was made of has changed.
  /// - Throws: ``DiagnosticsError`` with the places of syntax errors and of imports that cannot be had;
  ///   ``RopewalkError`` when esbuild is missing, fails, or takes longer than its time limit.
  func bundle(_ source: ScriptSource) async throws -> ScriptBundle {
    let tool = FilePath(try toolbox.path(of: .esbuild))
    let key = cacheKey(source, tool)
    if let bundle = cache.bundle(for: key) { return bundle }
    let run = try BundlerRun(source: source, closed: closed, tool: tool, folder: folder, timeLimit: timeLimit)
    defer { run.removeFiles() }
    try await run.perform()
    let inputs = try BundleInputs(of: try run.inputs(), limit: sizeLimit)
    let bundle = try run.bundle(limit: sizeLimit)
    try cache.store(bundle, madeOf: inputs, for: key)
    return bundle
  }

  private func cacheKey(_ source: ScriptSource, _ tool: FilePath) -> BundleCache.Key {
    let stamp = "\(BundlerRun.optionsVersion) \(tool) \(tool.fingerprint ?? "") \(closed)"
    return switch source.text {
    case .file(let path): BundleCache.Key(script: "\(source.root) file \(path)", stamp: stamp)
    case .inline(let text, let name, _):
      BundleCache.Key(script: "\(source.root) inline \(name)", stamp: "\(stamp) \(BundleInputs.digest(of: text))")
    }
  }
}
