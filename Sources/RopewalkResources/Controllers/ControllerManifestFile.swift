package import RopewalkCore

/// Reads the files that declare controllers in WASM.
package enum ControllerManifestFile {
  /// The largest file that is read.
  package static let maxSize = ByteCount.kibibytes(256)
  /// The most controllers in one list.
  package static let maxControllers = 1000
  /// What a list is called.
  package static let listName = "wasm-plugins.yaml"
  /// How the name of a file with one controller ends.
  package static let suffix = "-plugin.yaml"

  /// What is in a file: the good ones, and everything that is wrong with the others.
  package struct Contents: Sendable, Equatable {
    package var controllers: [ControllerManifest] = []
    package var problems: [Diagnostic] = []
  }

  /// Reads a file of either form. Never fails: what cannot be read is a problem.
  package static func read(path: String) -> Contents {
    let findings = Findings()
    guard let text = TextFile.read(path, limit: maxSize, findings: findings) else { return Contents(problems: findings.sorted) }
    return parse(text: text, file: path)
  }

  /// - Parameter file: its path, for places in messages and as what other paths are relative to.
  package static func parse(text: String, file: String) -> Contents {
    let findings = Findings()
    let documents = TextFile.documents(in: text, file: file, limit: maxSize, example: "a controller", findings: findings)
    let reader = ControllerManifestReader(file: file)
    var controllers: [ControllerManifest] = []
    for document in documents {
      let field = YAMLField(node: document, path: "", findings: findings)
      guard field.hasMember("plugins") else {
        controllers += reader.read(field).map { [$0] } ?? []
        continue
      }
      guard let map = field.map(keys: ["plugins"], example: "plugins: [{ name: items, path: ./items.wasm }]") else { continue }
      for item in map["plugins"]?.list(limit: maxControllers, example: "a list of controllers") ?? [] {
        controllers += reader.read(item).map { [$0] } ?? []
      }
    }
    var names: Set<String> = []
    for controller in controllers where !names.insert(controller.name).inserted {
      findings.error(at: controller.mark, field: "name", "'\(controller.name)' is declared twice", remedy: "give each a name of its own")
    }
    return Contents(controllers: controllers, problems: findings.sorted)
  }
}
