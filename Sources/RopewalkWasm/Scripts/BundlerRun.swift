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
  static let optionsVersion = 3
  /// The most that esbuild may write about errors.
  private static let messageLimit = 1 << 20

  private let source: ScriptSource
  private let closed: [FilePath]
  private let tool: FilePath
  private let folder: FilePath
  private let timeLimit: Duration

  init(source: ScriptSource, closed: [FilePath], tool: FilePath, folder: FilePath, timeLimit: Duration) throws(RopewalkError) {
    try folder.createFolder()
    let temporary = (folder.resolved ?? folder).appending("run-\(getpid())-\(UInt32.random(in: .min ... .max))")
    try temporary.createFolder()
    self.source = source
    self.closed = closed
    self.tool = tool
    self.folder = temporary
    self.timeLimit = timeLimit
  }

  private var output: FilePath { folder.appending("bundle.js") }
  private var map: FilePath { folder.appending("bundle.js.map") }
  /// What runs that only look for imports write.
  private var unused: FilePath { folder.appending("unused") }
  private var metafile: FilePath { folder.appending("meta.json") }
  private var configuration: FilePath { folder.appending("tsconfig.json") }

  func removeFiles() {
    folder.removeTree()
  }

  func perform() async throws {
    // Of our own, so that no tsconfig.json in a folder above has a say.
    try configuration.replaceContents(Array(#"{"compilerOptions":{"strict":true}}"#.utf8))
    try await lookAtImports()
    if let messages = try await runOnScript(bundling) { throw DiagnosticsError(try report.diagnostics(messages)) }
  }

  /// Follows the imports, one level after the other, before anything that they name is opened.
  /// - Throws: ``DiagnosticsError`` when one leads outside, or a file cannot be parsed and so nobody knows what it imports.
  private func lookAtImports() async throws {
    var scan = ImportScan(source, closed: closed)
    var unreadable: [Diagnostic] = []
    var level: [FilePath] = []
    if let messages = try await runOnScript(looking) {
      unreadable = try report.diagnostics(messages)
    } else {
      level = scan.follow(try meta())
    }
    while !level.isEmpty {
      var next: [FilePath] = []
      if try await run(looking + level.map(\.string), input: "") == nil {
        next = scan.follow(try meta())
      } else {
        // One of them at least; the others are followed.
        for file in level {
          if let messages = try await run(looking + [file.string], input: "") {
            unreadable += try report.diagnostics(messages)
          } else {
            next += scan.follow(try meta())
          }
        }
      }
      level = next
    }
    guard scan.strays.isEmpty, unreadable.isEmpty else { throw DiagnosticsError(scan.strays).adding(scan.unresolved + unreadable) }
  }

  private var report: BundlerReport { BundlerReport(source: source) }

  /// Runs esbuild on the script itself.
  private func runOnScript(_ arguments: [String]) async throws -> String? {
    switch source.text {
    case .file(let path): try await run(arguments + [path.string], input: "")
    case .inline(let text, let name, _): try await run(arguments + ["--loader=ts", "--sourcefile=\(name)"], input: text)
    }
  }

  private var common: [String] {
    [
      "--bundle", "--format=esm", "--target=es2022", "--supported:top-level-await=false", "--supported:import-meta=false",
      "--log-level=error", "--log-limit=0", "--color=false", "--metafile=\(metafile)", "--tsconfig=\(configuration)",
    ]
  }

  private var bundling: [String] { common + ["--charset=ascii", "--sourcemap=external", "--legal-comments=none", "--outfile=\(output)"] }

  private var looking: [String] { common + ["--external:*", "--outdir=\(unused)"] }

  private func meta() throws -> JSON { try JSON.parse(try metafile.contents(limit: .mebibytes(64))) }

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
    let meta = try meta()
    let inputs = meta["inputs"]?.object?.members ?? []
    let outputs = meta["outputs"]?.object?.members ?? []
    let kept = outputs.flatMap { $0.value["imports"]?.array ?? [] }.compactMap { $0["path"]?.string }
    let strays = report.strays(inputs, kept: Set(kept))
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
