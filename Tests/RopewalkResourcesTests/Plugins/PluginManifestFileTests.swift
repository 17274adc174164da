import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import Testing

@Suite struct PluginManifestFileTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder(["src/lib.rs": "", "filter.ts": ""])
  }

  private func diagnostics(_ text: String) -> [String] {
    do throws(DiagnosticsError) {
      _ = try PluginManifestFile.parse(text: text, file: "\(folder.path)/\(PluginManifestFile.name)")
      return []
    } catch {
      return error.diagnostics.map { $0.description.replacing("\(folder.path)/", with: "") }
    }
  }

  @Test func readsAManifest() throws {
    try folder.write(
      PluginManifestFile.name,
      Array(
        """
        apiVersion: ropewalk.dev/v1
        kind: Plugin
        metadata: { name: big-orders }
        spec:
          contract: logic
          kind: filter
          language: rust
          version: 1.2.0-rc.1
          source: ./src
          artifact: ./target/big_orders.wasm
          capabilities: [Log, RaiseError]
          description: lets big orders pass
        """.utf8
      )
    )
    let manifest = try PluginManifestFile.read(path: "\(folder.path)/\(PluginManifestFile.name)")
    #expect(
      manifest
        == PluginManifest(
          name: "big-orders",
          kind: .filter,
          language: .rust,
          version: SemanticVersion(1, 2, 0, prerelease: [.word("rc"), .number(1)]),
          source: "\(folder.path)/src",
          artifact: "\(folder.path)/target/big_orders.wasm",
          capabilities: [.log, .raiseError],
          description: "lets big orders pass"
        )
    )
  }

  @Test func aScriptNeedsNoArtifact() throws {
    let text =
      "{ apiVersion: ropewalk.dev/v1, kind: Plugin, metadata: { name: a }, spec: { contract: logic, kind: converter, language: typescript, version: 1.0.0, source: filter.ts } }"
    let manifest = try PluginManifestFile.parse(text: text, file: "\(folder.path)/p.yaml")
    #expect(manifest.artifact == nil && manifest.language?.isScript == true)
  }

  @Test func reportsEverythingAtOnce() {
    let text = """
      apiVersion: ropewalk.dev/v1
      kind: Plugin
      metadata: { name: Big }
      spec:
        contract: service
        kind: fliter
        language: cobol
        version: "1.0"
        source: ./nope
        artifact: x.so
        capabilities: [log]
        licence: MIT
      ---
      kind: Plugin
      """
    #expect(
      diagnostics(text) == [
        "ropewalk-plugin.yaml:3:19: error: metadata.name: \"Big\" cannot be a name; use at most 63 small letters, digits and '-', with a letter or digit at both ends, such as big",
        "ropewalk-plugin.yaml:5:13: error: spec.contract: \"service\" is not a contract that plugins can have here; known: connector, controller, logic",
        "ropewalk-plugin.yaml:6:9: error: spec.kind: \"fliter\" is not a kind of logic; did you mean filter?",
        "ropewalk-plugin.yaml:7:13: error: spec.language: \"cobol\" is not a language; known: c, go, javascript, python, rust, swift, typescript",
        "ropewalk-plugin.yaml:8:12: error: spec.version: \"1.0\" is no semantic version; write three numbers such as 1.0.0, or 1.0.0-rc.1",
        "ropewalk-plugin.yaml:9:11: error: spec.source: nope does not exist; write a path relative to the folder of this file",
        "ropewalk-plugin.yaml:10:13: error: spec.artifact: \"x.so\" is no WASM file; write a path that ends in .wasm",
        "ropewalk-plugin.yaml:11:18: error: spec.capabilities[0]: \"log\" is not a capability; did you mean Log?",
        "ropewalk-plugin.yaml:12:3: error: spec.licence: unknown key; known here: contract, kind, language, version, source, artifact, command, capabilities, description",
        "ropewalk-plugin.yaml:14:1: error: a manifest file holds one plugin; give each plugin a folder and a ropewalk-plugin.yaml of its own",
      ]
    )
  }

  @Test func aLanguageThatIsBuiltNeedsAnArtifact() {
    let text =
      "{ apiVersion: ropewalk.dev/v1, kind: Plugin, metadata: { name: a }, spec: { contract: logic, kind: filter, language: go, version: 1.0.0, source: src } }"
    #expect(
      diagnostics(text) == [
        "ropewalk-plugin.yaml:1:75: error: spec.artifact: missing: the language is built to WASM; add artifact: ./build/plugin.wasm"
      ]
    )
    #expect(throws: DiagnosticsError.self) { try PluginManifestFile.read(path: "\(folder.path)/absent.yaml") }
  }

  @Test func aConnectorHasNoKindAndAProgram() throws {
    func text(_ more: String) -> String {
      "{ apiVersion: ropewalk.dev/v1, kind: Plugin, metadata: { name: a }, spec: { contract: connector, version: 1.0.0, source: ., \(more) } }"
    }
    let manifest = try PluginManifestFile.parse(
      text: text("language: python, artifact: build/connector"),
      file: "\(folder.path)/p.yaml"
    )
    #expect(manifest.contract == .connector && manifest.kind == nil && manifest.artifact == "\(folder.path)/build/connector")
    let wrong = diagnostics(text("kind: filter, language: rust, artifact: build/x.wasm"))
    #expect(wrong.count == 3, "\(wrong)")
    #expect(wrong.contains { $0.contains("no connector is written in rust; write one of swift, go, python") })
  }
}
