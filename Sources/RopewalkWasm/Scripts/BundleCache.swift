import RopewalkCore
import SystemPackage

/// Bundles on disk, so that a warm start runs no bundler. One file for each script, replaced when the script changes.
struct BundleCache: Sendable {
  private static let version = 1

  let folder: FilePath
  let fileLimit: ByteCount

  /// Which script it is, and in `stamp` what it was made with beside its files.
  struct Key {
    var script: String
    var stamp: String
  }

  /// The bundle of a script; nil when there is none or anything that it was made from has changed.
  func bundle(for key: Key) -> ScriptBundle? {
    guard let bytes = try? path(key).contents(limit: ByteCount(8 * fileLimit.bytes)), let entry = try? JSON.parse(bytes),
      entry["version"]?.int == Self.version, entry["script"]?.string == key.script, entry["stamp"]?.string == key.stamp,
      let code = entry["code"]?.string,
      let map = entry["map"]?.string, let files = entry["files"]?.object, let folders = entry["folders"]?.object
    else { return nil }
    let inputs = BundleInputs(files: files.strings, folders: folders.strings)
    return inputs.areCurrent(limit: fileLimit) ? ScriptBundle(code: Array(code.utf8), sourceMap: Array(map.utf8)) : nil
  }

  func store(_ bundle: ScriptBundle, madeOf inputs: BundleInputs, for key: Key) throws(RopewalkError) {
    let entry: JSON = [
      "version": 1,
      "script": .string(key.script),
      "stamp": .string(key.stamp),
      "files": .object(JSONObject(strings: inputs.files)),
      "folders": .object(JSONObject(strings: inputs.folders)),
      "code": .string(String(decoding: bundle.code, as: UTF8.self)),
      "map": .string(String(decoding: bundle.sourceMap, as: UTF8.self)),
    ]
    try folder.createFolder()
    try path(key).replaceContents(entry.serialised())
  }

  private func path(_ key: Key) -> FilePath {
    folder.appending("\(BundleInputs.digest(of: key.script)).json")
  }
}

extension JSONObject {
  fileprivate init(strings: [String: String]) {
    self.init(strings.sorted { $0.key < $1.key }.map { Member(key: $0.key, value: .string($0.value)) })
  }

  fileprivate var strings: [String: String] {
    Dictionary(members.map { ($0.key, $0.value.string ?? "") }) { _, last in last }
  }
}
