import RopewalkCore
import RopewalkTesting
import SystemPackage
import Testing

@testable import RopewalkWasm

/// A warm start must run no bundler, and no change may be missed. A program in esbuild's place counts its runs.
@Suite(.takesTurns, .enabled(if: Workshop.hasJavaScript, "run scripts/bootstrap: the JavaScript engine or esbuild is missing"))
struct BundleCacheTests {
  let workshop: Workshop
  private let tools: TemporaryFolder

  init() throws {
    workshop = try Workshop()
    tools = try TemporaryFolder()
    let esbuild = try Workshop.toolbox.path(of: .esbuild)
    let script = """
      #!/bin/sh
      case "$*" in *--sourcemap*) echo bundling ;; *) echo looking ;; esac >> \(tools.path)/runs
      exec \(esbuild) "$@"

      """
    try tools.path.appending("esbuild").replaceContents(Array(script.utf8))
    try tools.path.appending("esbuild").makeExecutable()
  }

  private func bundle(_ step: WasmStep) async throws -> String {
    let bundler = TypeScriptBundler(
      toolbox: Toolbox(folders: [tools.path.string]),
      folder: workshop.folder.path.appending("cache"),
      sizeLimit: .mebibytes(8),
      timeLimit: .seconds(30)
    )
    return String(decoding: try await bundler.bundle(ScriptSource(step)).code, as: UTF8.self)
  }

  private func lines() -> [Substring] {
    let bytes = try? tools.path.appending("runs").contents(limit: .mebibytes(1))
    return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\n")
  }

  /// How often it has bundled; before that it looks at the imports.
  private var runs: Int { lines().count { $0 == "bundling" } }

  private func change(_ name: String, _ text: String) throws {
    try workshop.folder.path.appending(name).replaceContents(Array(text.utf8))
  }

  @Test func aWarmStartRunsNoBundler() async throws {
    let step = try workshop.step(
      files: ["a.ts": "import { n } from './b';\nexport const process = () => n;", "b.js": "export const n = 'one';"],
      entry: "a.ts"
    )
    let first = try await bundle(step)
    let cold = lines()
    #expect(cold == ["looking", "looking", "bundling"])
    #expect(try await bundle(step) == first)
    #expect(lines() == cold)
    try change("b.js", "export const n = 'two';")
    #expect(try await bundle(step).contains("two"))
    #expect(runs == 2)
    // A file that is found before the one that was bundled.
    try change("b.ts", "export const n = 'three';")
    #expect(try await bundle(step).contains("three"))
    #expect(runs == 3)
    #expect(try await bundle(step).contains("three"))
    #expect(runs == 3)
  }

  @Test func anInlineScriptIsKnownByItsText() async throws {
    _ = try await bundle(workshop.step(script: "export const process = () => 'one';"))
    _ = try await bundle(workshop.step(script: "export const process = () => 'one';"))
    #expect(runs == 1)
    #expect(try await bundle(workshop.step(script: "export const process = () => 'two';")).contains("two"))
    #expect(runs == 2)
    #expect(workshop.folder.path.appending("cache").entries.count == 1)
  }

  @Test func aDamagedEntryIsMadeAgain() async throws {
    let step = workshop.step(script: "export const process = () => 'one';")
    let code = try await bundle(step)
    let cache = workshop.folder.path.appending("cache")
    let entry = cache.appending(try #require(cache.entries.first))
    for damage in ["", "{", "{}", #"{"version":1}"#] {
      try entry.replaceContents(Array(damage.utf8))
      #expect(try await bundle(step) == code)
    }
    #expect(runs == 5)
  }

  @Test func anotherToolBundlesAgain() async throws {
    let step = workshop.step(script: "export const process = () => 'one';")
    _ = try await bundle(step)
    let tool = tools.path.appending("esbuild")
    try tool.replaceContents(try tool.contents(limit: .mebibytes(1)) + Array("# newer\n".utf8))
    try tool.makeExecutable()
    _ = try await bundle(step)
    #expect(runs == 2)
  }

  @Test func aBundlerThatHangsIsEnded() async throws {
    let tool = tools.path.appending("esbuild")
    try tool.replaceContents(Array("#!/bin/sh\nexec tail -f /dev/null\n".utf8))
    try tool.makeExecutable()
    let bundler = TypeScriptBundler(
      toolbox: Toolbox(folders: [tools.path.string]),
      folder: workshop.folder.path.appending("cache"),
      sizeLimit: .mebibytes(8),
      timeLimit: .milliseconds(200)
    )
    let source = try ScriptSource(workshop.step(script: "export const process = () => 1"))
    let error = await #expect(throws: RopewalkError.self) { try await bundler.bundle(source) }
    #expect(error?.code == .bundlerFailed)
    #expect(workshop.folder.path.appending("cache").entries.isEmpty)
  }
}
