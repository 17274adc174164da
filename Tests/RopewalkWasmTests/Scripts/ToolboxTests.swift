import RopewalkCore
import RopewalkTesting
import SystemPackage
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns) struct ToolboxTests {
  private func folder(with files: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in files {
      let file = folder.path.appending(name)
      try file.removingLastComponent().createFolder()
      try file.replaceContents([])
    }
    return folder
  }

  @Test func theEnvironmentComesFirst() throws {
    let home = try folder(with: ["javascript.wasm"])
    let clone = try folder(with: [".deps/guests/javascript.wasm", ".build/debug/ropewalk"])
    let executable = clone.path.appending(".build/debug/ropewalk").string
    let found = try Toolbox.standard(executable: executable, environment: ["ROPEWALK_HOME": home.path.string]).path(of: .javaScriptEngine)
    #expect(found == home.path.appending("javascript.wasm").string)
    let inClone = try Toolbox.standard(executable: executable, environment: [:]).path(of: .javaScriptEngine)
    #expect(inClone == clone.path.appending(".deps/guests/javascript.wasm").string)
  }

  @Test func anInstalledProgramFindsWhatLiesBesideIt() throws {
    let installed = try folder(with: ["bin/ropewalk", "share/ropewalk/javascript.wasm"])
    let toolbox = Toolbox.standard(executable: installed.path.appending("bin/ropewalk").string, environment: [:])
    #expect(try toolbox.path(of: .javaScriptEngine) == installed.path.appending("share/ropewalk/javascript.wasm").string)
  }

  @Test func programsAreLookedForInThePath() throws {
    let tools = try folder(with: ["esbuild", "javascript.wasm"])
    let toolbox = Toolbox(folders: [], programFolders: [tools.path.string])
    // Not executable yet.
    #expect(throws: RopewalkError.self) { try toolbox.path(of: .esbuild) }
    try tools.path.appending("esbuild").makeExecutable()
    #expect(try toolbox.path(of: .esbuild) == tools.path.appending("esbuild").string)
    #expect(throws: RopewalkError.self) { try toolbox.path(of: .javaScriptEngine) }
  }
}
