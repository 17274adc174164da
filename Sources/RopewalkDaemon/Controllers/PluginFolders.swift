import RopewalkCore
import RopewalkResources
import RopewalkWasm
import SystemPackage

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A controller that lies in a folder.
struct FoundController: Sendable, Equatable {
  var name: String
  /// The file that declares it: a manifest, or the module itself.
  var file: String
  /// Changes with its code.
  var stamp: String
  /// As a `Controller` object has it.
  var spec: JSONObject
  var mark: SourceMark?
}

/// The folders in which controllers are looked for, and the lists of them that lie elsewhere.
struct PluginFolders {
  struct Found {
    var controllers: [FoundController] = []
    var problems: [Diagnostic] = []
  }

  /// The most files of one folder that are looked at.
  static let maxFiles = 10_000

  let paths: [String]

  /// Everything there is, by name; the first of two of a name counts, and the other is a problem. A module that any file
  /// declares is not declared by lying there too.
  func found() -> Found {
    var found = Found()
    let files = paths.flatMap(Self.files)
    var declared: Set<RealPath> = []
    for file in files where Self.declares(file) {
      let contents = ControllerManifestFile.read(path: file)
      found.problems += contents.problems
      for manifest in contents.controllers {
        if let path = RealPath(manifest.path) { declared.insert(path) }
        add(FoundController(manifest, declaredIn: file), &found)
      }
    }
    for file in files where file.hasSuffix(".wasm") && RealPath(file).map(declared.contains) != true {
      let stem = file.split(separator: "/").last.map { String($0.dropLast(".wasm".count)) } ?? ""
      let name = stem.lowercased().replacing("_", with: "-")
      add(
        FoundController(name: name, file: file, stamp: CodeStamp.of(file), spec: ["type": "wasm", "path": .string(file)], mark: nil),
        &found
      )
    }
    return found
  }

  private func add(_ controller: FoundController, _ found: inout Found) {
    guard let other = found.controllers.first(where: { $0.name == controller.name }) else { return found.controllers.append(controller) }
    found.problems.append(
      Diagnostic(
        at: controller.mark ?? SourceMark(file: controller.file, line: 1, column: 1),
        "a controller '\(controller.name)' lies in \(other.file) already",
        remedy: "give one of them another name"
      )
    )
  }

  /// The files of a folder in the order of their names, with absolute paths; a file is the only one of itself.
  private static func files(at path: String) -> [String] {
    guard let path = RealPath(path)?.text else { return [] }
    guard let directory = opendir(path) else { return errno == ENOTDIR ? [path] : [] }
    defer { closedir(directory) }
    var names: [String] = []
    while names.count < maxFiles, let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append("\(path)/\(name)") }
    }
    return names.sorted()
  }

  /// Whether a file's name is that of a declaration. A project's own `ropewalk-plugin.yaml` says how it is built, not that it runs.
  private static func declares(_ file: String) -> Bool {
    let name = file.split(separator: "/").last ?? ""
    guard name != PluginManifestFile.name else { return false }
    return name == ControllerManifestFile.listName || name.hasSuffix(ControllerManifestFile.suffix)
  }
}

extension FoundController {
  fileprivate init(_ manifest: ControllerManifest, declaredIn file: String) {
    self.init(name: manifest.name, file: file, stamp: CodeStamp.of(manifest.path), spec: manifest.declaration, mark: manifest.mark)
  }
}
