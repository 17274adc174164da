package import RopewalkCore
import SystemPackage

extension ErrorCode {
  /// Something that `scripts/bootstrap` installs is not there.
  package static let toolMissing = ErrorCode("toolbox.missing", .notFound)
}

/// Where the things are that Ropewalk brings beside its own program: the JavaScript engine, `ropewalk.d.ts`, esbuild, and
/// what starts and builds plugins.
package struct Toolbox: Sendable {
  package enum Item: String, Sendable, CaseIterable {
    case javaScriptEngine = "javascript.wasm"
    case typeDeclarations = "ropewalk.d.ts"
    case esbuild = "esbuild"
    /// A folder: the starting projects of `plugin new`, one per language.
    case templates = "templates"
    /// A folder: the scripts that compile a plugin to WASM, one per language.
    case buildScripts = "build"
    /// A folder: the starting projects of connectors, one per language.
    case connectorTemplates = "connector-templates"
    /// A folder: the scripts that build a connector, one per language.
    case connectorBuildScripts = "connector-build"
  }

  /// The folders that are looked through, the first first.
  package var folders: [String]
  /// The folders of `PATH`, for programs only.
  package var programFolders: [String]

  package init(folders: [String], programFolders: [String] = []) {
    self.folders = folders
    self.programFolders = programFolders
  }

  /// The places of an installed or a freshly built Ropewalk: `$ROPEWALK_HOME`; `../share/ropewalk` beside the program;
  /// and `.deps/guests` in a folder above it, as in a clone.
  package static func standard(executable: String, environment: [String: String]) -> Toolbox {
    var folders: [String] = []
    if let home = environment["ROPEWALK_HOME"], !home.isEmpty { folders.append(home) }
    var folder = (FilePath(executable).resolved ?? FilePath(executable)).removingLastComponent()
    folders.append(folder.removingLastComponent().appending("share/ropewalk").string)
    while folder.removeLastComponent() {
      for name in [".deps/guests", ".deps/bin", "Guests/javascript", "Guests", "SDKs"] {
        let candidate = folder.appending(name)
        if candidate.resolved != nil { folders.append(candidate.string) }
      }
    }
    let path = environment["PATH"] ?? ""
    return Toolbox(folders: folders, programFolders: path.split(separator: ":").map(String.init))
  }

  /// - Throws: ``RopewalkError`` that names every place that was looked at.
  package func path(of item: Item) throws(RopewalkError) -> String {
    let places = item == .esbuild ? folders + programFolders : folders
    for place in places {
      let candidate = FilePath(place).appending(item.rawValue)
      if item == .esbuild ? candidate.isExecutable : candidate.resolved != nil { return candidate.string }
    }
    throw RopewalkError(
      .toolMissing,
      "'\(item.rawValue)' was not found in \(places.map { "'\($0)'" }.joined(separator: ", ")); "
        + "run scripts/bootstrap, or set ROPEWALK_HOME to the folder that has it"
    )
  }
}
