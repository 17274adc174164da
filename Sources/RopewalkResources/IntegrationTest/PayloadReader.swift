import RopewalkCore
import RopewalkFunctions

/// Reads a payload in one of the ways a test file can give it: `payload` text, `json`, `base64`, `file`.
struct PayloadReader {
  static let keys = ["payload", "json", "base64", "file"]

  let file: String

  struct Payload {
    var bytes: [UInt8]
    /// A guess from the way it is given; empty when there is none.
    var contentType: String
    /// The value, when it is given as JSON.
    var json: JSON?
    var field: YAMLField
  }

  /// Nil when there is none or it is broken, which is reported.
  func read(_ map: YAMLMap, isRequired: Bool) -> Payload? {
    let present = map.presentEvenNull(Self.keys)
    for key in present.dropFirst() {
      map.memberEvenNull(key)?.error("\(key) and \(present[0]) cannot both be here", remedy: "keep one of them")
    }
    guard present.count == 1, let field = map.memberEvenNull(present[0]) else {
      if present.isEmpty, isRequired {
        map.missing("payload", "missing", remedy: "add payload: text, json: { … }, base64: … or file: ./message.json")
      }
      return nil
    }
    switch present[0] {
    case "json":
      let json = field.node.json
      return Payload(bytes: json.serialised(), contentType: "application/json", json: json, field: field)
    case "base64": return base64(field).map { Payload(bytes: $0, contentType: "", field: field) }
    case "file": return contents(field)
    default:
      return field.string("text", example: "payload: \"\" for an empty one").map {
        Payload(bytes: Array($0.utf8), contentType: "", field: field)
      }
    }
  }

  private func contents(_ field: YAMLField) -> Payload? {
    guard let name = field.string("the path of a file", example: "./message.json") else { return nil }
    let path = FileContents.resolve(name, besideFile: file)
    do throws(FileProblem) {
      let bytes = try FileContents(ofFile: path, limit: IntegrationTestFile.maxPayloadSize).bytes
      return Payload(bytes: bytes, contentType: Self.contentType(ofFile: path), field: field)
    } catch {
      field.error("the file \(path) \(error)", remedy: "write a path relative to the folder of this file")
      return nil
    }
  }

  private static let contentTypes = [
    ".json": "application/json", ".xml": "application/xml", ".csv": "text/csv", ".yaml": "application/yaml", ".yml": "application/yaml",
    ".txt": "text/plain",
  ]

  private static func contentType(ofFile path: String) -> String {
    contentTypes.first { path.hasSuffix($0.key) }?.value ?? ""
  }

  private func base64(_ field: YAMLField) -> [UInt8]? {
    guard let text = field.string("base64", example: "base64: aGVsbG8=") else { return nil }
    if let bytes = Base64.decode(text) { return bytes }
    field.error("this is not base64", remedy: "use the letters A-Z, a-z, 0-9, + and /, with = at the end")
    return nil
  }
}
