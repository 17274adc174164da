import RopewalkCore
import RopewalkResources
import RopewalkWasm

/// A `Controller` object, read as the manifest that it holds.
struct ControllerDeclaration {
  let contents: ControllerManifestFile.Contents

  /// JSON is YAML, so that one reader finds what is wrong, and where.
  init(_ object: Resource) {
    var manifest = object.spec?.object ?? JSONObject()
    manifest["name"] = .string(object.metadata.name)
    contents = ControllerManifestFile.parse(
      text: JSON.object(manifest).text(),
      file: "Controller \(object.metadata.name)"
    )
  }

  /// Changes when the declaration or the code does.
  static func fingerprint(of manifest: ControllerManifest) -> String {
    "\(JSON.object(manifest.declaration).text()) \(CodeStamp.of(manifest.path))"
  }
}
