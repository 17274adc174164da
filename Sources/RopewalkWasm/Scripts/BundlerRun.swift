package import RopewalkCore
import Subprocess
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ErrorCode {
  /// esbuild could not be run, or did not end.
  package static let bundlerFailed = ErrorCode("script.bundler", .fault)
}

/// One run of esbuild over one script, in a temporary folder of its own.
struct BundlerRun {
  /// Changes when the options do, so that no older bundle is taken for one of these.
  static let optionsVersion = 2
  /// The most that esbuild may write about errors.
  private static let messageLimit = 1 << 20

  private let source: ScriptSource
  private let tool: FilePath
  private let folder: FilePath
  private let timeLimit: Duration

  init(source: ScriptSource, tool: FilePath, folder: FilePath, timeLimit: Duration) throws(RopewalkError) {
    try folder.createFolder()
    let temporary = (folder.resolved ?? folder).appending("run-\(getpid())-\(UInt32.random(in: .min ... .max))")
    try temporary.createFolder()
    self.source = source
    self.tool = tool
    self.folder = temporary
    self.timeLimit = timeLimit
  }

  private var output: FilePath { folder.appending("bundle.js") }
  private var map: FilePath { folder.appending("bundle.js.map") }
  private var metafile: FilePath { folder.appending("meta.json") }
  private var configuration: FilePath { folder.appending("tsconfig.json") }

  func removeFiles() {
    for file in [output, map, metafile, configuration] { unlink(file.string) }
    rmdir(folder.string)
  }

  func perform() async throws {
    // Of our own, so that no tsconfig.json in a folder above has a say.
    try configuration.replaceContents(Array(#"{"compilerOptions":{"strict":true}}"#.utf8))
    let messages: String?
    switch source.text {
    case .file(let path):
      messages = try await run(arguments + [path.string], input: "")
    case .inline(let text, let name, _):
      messages = try await run(arguments + ["--loader=ts", "--sourcefile=\(name)"], input: text)
    }
    if let messages { throw BundlerReport(source: source).error(messages) }
  }

  private var arguments: [String] {
    [
      "--bundle", "--format=esm", "--target=es2022", "--charset=ascii", "--supported:top-level-await=false",
      "--supported:import-meta=false",
      "--sourcemap=external", "--legal-comments=none", "--log-level=error", "--log-limit=0", "--color=false",
      "--outfile=\(output)", "--metafile=\(metafile)", "--tsconfig=\(configuration)",
    ]
  }

  /// - Returns: what esbuild wrote about errors; nil when it succeeded.
  private func run(_ arguments: [String], input: String) async throws -> String? {
    let (tool, root) = (tool, source.root)
    return try await withThrowingTaskGroup(of: String?.self) { group in
      group.addTask {
        let result = try await Subprocess.run(
          .path(tool),
          arguments: Arguments(arguments),
          environment: .custom([:]),
          workingDirectory: root,
          input: .string(input),
          output: .discarded,
          error: .string(limit: Self.messageLimit)
        )
        return result.terminationStatus.isSuccess ? nil : result.standardError
      }
      group.addTask { [timeLimit] in
        try await Task.sleep(for: timeLimit)
        throw RopewalkError(.bundlerFailed, "esbuild did not end within \(timeLimit.shortText)")
      }
      defer { group.cancelAll() }
      return try await group.next() ?? nil
    }
  }

  /// The files that esbuild took in.
  /// - Throws: ``DiagnosticsError`` when one of them, or an import, lies outside the script's root.
  func inputs() throws -> [FilePath] {
    let meta = try JSON.parse(try metafile.contents(limit: .mebibytes(64)))
    let inputs = meta["inputs"]?.object?.members ?? []
    let outputs = meta["outputs"]?.object?.members ?? []
    let kept = outputs.flatMap { $0.value["imports"]?.array ?? [] }.compactMap { $0["path"]?.string }
    let strays = BundlerReport(source: source).strays(inputs, kept: Set(kept))
    guard strays.isEmpty else { throw DiagnosticsError(strays) }
    let inlineName: String? = if case .inline(_, let name, _) = source.text { name } else { nil }
    return inputs.filter { $0.key != inlineName }.map { source.root.appending($0.key) }
  }

  func bundle(limit: ByteCount) throws -> ScriptBundle {
    let code = ModuleWrapper.script(ofModule: try output.contents(limit: limit), global: TypeScriptBundler.globalName)
    var map = try JSON.parse(try map.contents(limit: ByteCount(4 * limit.bytes))).object ?? JSONObject()
    map["sources"] = .array(
      (map["sources"]?.array ?? []).map { .string(pathFromRoot(folder.appending($0.string ?? "").lexicallyNormalized())) }
    )
    let added = String(repeating: ";", count: ModuleWrapper.addedLines)
    map["mappings"] = .string(added + (map["mappings"]?.string ?? ""))
    return ScriptBundle(code: code, sourceMap: JSON.object(map).serialised())
  }

  private func pathFromRoot(_ path: FilePath) -> String {
    var path = path
    return path.removePrefix(source.root) ? path.string : path.string
  }
}
