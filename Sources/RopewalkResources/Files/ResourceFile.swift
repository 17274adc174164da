package import RopewalkCore

/// Files of objects of any kind: YAML, or JSON as a part of it; several in a file are divided by `---`.
///
/// Whether an object is within the rules of its kind, the control plane decides that it is given to.
package enum ResourceFile {
  /// The largest file that is read.
  package static let maxSize = ByteCount.mebibytes(4)

  /// Reads files, and folders with all that ends in `.yaml`, `.yml` or `.json` in them, in the order of their names.
  ///
  /// Paths of code (`source`) that are relative to their file become absolute, because an object has no file. The short form
  /// of an integration becomes the long one.
  /// - Throws: everything that is wrong in all of them.
  package static func read(paths: [String]) throws(DiagnosticsError) -> [Resource] {
    let findings = Findings()
    var resources: [Resource] = []
    for path in paths.flatMap({ files(at: $0, findings) }) {
      guard let text = TextFile.read(path, limit: maxSize, findings: findings) else { continue }
      for document in TextFile.documents(in: text, file: path, limit: maxSize, example: "an object", findings: findings) {
        resources += read(document, file: path, findings)
      }
    }
    guard !findings.hasErrors else { throw DiagnosticsError(findings.sorted) }
    return resources
  }

  private static func files(at path: String, _ findings: Findings) -> [String] {
    guard let names = FileContents.names(inFolder: path) else { return [path] }
    return names.filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }.sorted().map { "\(path)/\($0)" }
  }

  private static func read(_ document: YAMLNode, file: String, _ findings: Findings) -> [Resource] {
    guard case .object(let object) = document.json else {
      findings.error(at: document.mark, "this is no object", remedy: "begin with apiVersion and kind")
      return []
    }
    do throws(RopewalkError) {
      var resource = try Resource(json: .object(LongForm.of(object)))
      if resource.kind == "List", let items = resource.fields["items"]?.array {
        var resources: [Resource] = []
        for item in items { resources.append(anchored(try Resource(json: item), file: file)) }
        return resources
      }
      resource = anchored(resource, file: file)
      return [resource]
    } catch {
      findings.error(at: document.mark, error.message)
      return []
    }
  }

  private static func anchored(_ resource: Resource, file: String) -> Resource {
    guard resource.kind == "Integration", let spec = resource.spec else { return resource }
    var resource = resource
    resource.spec = anchored(spec, file: file)
    return resource
  }

  /// With `source` absolute in every step.
  private static func anchored(_ json: JSON, file: String) -> JSON {
    switch json {
    case .array(let items): return .array(items.map { anchored($0, file: file) })
    case .object(let object):
      return .object(
        JSONObject(
          object.members.map { member in
            let isStep = member.key == "converter" || member.key == "filter"
            guard isStep, var step = member.value.object, let source = step["source"]?.string else {
              return JSONObject.Member(key: member.key, value: member.key == "config" ? member.value : anchored(member.value, file: file))
            }
            step["source"] = .string(FileContents.absolute(FileContents.resolve(source, besideFile: file)))
            return JSONObject.Member(key: member.key, value: .object(step))
          }
        )
      )
    default: return json
    }
  }
}

/// The short form of an integration, `integration: { id: …, incoming: …, outgoing: … }`, in the long one.
private enum LongForm {
  static func of(_ object: JSONObject) -> JSONObject {
    guard object["kind"] == nil, var spec = object["integration"]?.object else { return object }
    let name = spec["id"] ?? .null
    spec["id"] = nil
    if spec["customer"] == nil { spec["customer"] = ["header": "X-Customer-ID"] }
    return [
      "apiVersion": .string(ObjectEnvelope.apiVersion), "kind": "Integration", "metadata": ["name": name], "spec": .object(spec),
    ]
  }
}
