import RopewalkCore
import RopewalkFunctions
import RopewalkResources
import RopewalkWasm

/// Which modules controllers may have. What the operator named in files or put into the folders for controllers is his word;
/// others name what is in a folder of code.
struct ModuleRules: Sendable {
  let folders: FolderRules
  let trusted: OperatorsWord
  let plugins: PluginFolders

  /// Why the module is not loaded; nil when it may be.
  func problem(of manifest: ControllerManifest, declaredBy object: Resource) -> Diagnostic? {
    guard let problem = folders.moduleProblem(manifest.path, isTrusted: false) else { return nil }
    return isTrusted(object) ? folders.moduleProblem(manifest.path, isTrusted: true) : problem
  }

  /// An annotation that says where an object was found is anybody's to write, so the folders are asked.
  private func isTrusted(_ object: Resource) -> Bool {
    if trusted.covers(object, in: ControllerController.collection) { return true }
    guard let spec = object.spec else { return false }
    return plugins.found().controllers.contains { $0.name == object.metadata.name && JSON.object($0.spec).isSameValue(as: spec) }
  }
}
