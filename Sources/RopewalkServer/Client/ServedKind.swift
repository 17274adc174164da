import RopewalkCore

/// A kind as the server's discovery tells of it.
package struct ServedKind: Sendable, Hashable {
  package var group: String
  package var version: String
  package var kind: String
  package var plural: String
  package var singular: String
  package var shortNames: [String]
  package var categories: [String]
  package var isNamespaced: Bool
  package var verbs: [String]

  /// From an entry of aggregated discovery.
  init(group: String, version: String, _ entry: JSON) {
    func texts(_ key: String) -> [String] { entry[key]?.array?.compactMap(\.string) ?? [] }
    self.group = group
    self.version = version
    kind = entry["responseKind"]?["kind"]?.string ?? ""
    plural = entry["resource"]?.string ?? ""
    singular = entry["singularResource"]?.string ?? ""
    shortNames = texts("shortNames")
    categories = texts("categories")
    isNamespaced = entry["scope"]?.string == "Namespaced"
    verbs = texts("verbs")
  }

  package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }
  /// `integrations.ropewalk.dev`
  package var qualified: String { group.isEmpty ? plural : "\(plural).\(group)" }

  /// The path of an object, or of all when `name` is nil.
  /// - Parameter namespace: nil for all of them.
  package func path(namespace: String?, name: String? = nil) -> String {
    var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
    if isNamespaced, let namespace { path += "/namespaces/\(URLText.encode(namespace))" }
    path += "/\(plural)"
    if let name { path += "/\(URLText.encode(name))" }
    return path
  }

  /// Whether a person means this kind by `word`: `integration`, `integrations`, `integ`, `integrations.ropewalk.dev`.
  func isCalled(_ word: String) -> Bool {
    let word = word.lowercased()
    let names = [plural, singular, kind.lowercased()] + shortNames
    return names.contains(word)
      || !group.isEmpty && [plural, singular].contains { word == "\($0).\(group)" || word == "\($0).\(version).\(group)" }
  }
}

/// Texts as parts of a URL.
package enum URLText {
  /// RFC 3986: everything but letters, digits and `-._~` is escaped.
  package static func encode(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "%" + String(UInt16(byte) + 0x100, radix: 16, uppercase: true).dropFirst()
      }
    }
    return result
  }
}

/// The kinds that a server serves.
package struct ServedKinds: Sendable {
  package let kinds: [ServedKind]

  package init(_ client: APIClient) async throws {
    var kinds: [ServedKind] = []
    for path in ["/api", "/apis"] {
      let answer = try await client.send("GET", path, accept: Discovery.aggregatedContentType)
      kinds += Self.kinds(answer.body)
    }
    self.kinds = kinds
  }

  private static func kinds(_ list: JSON) -> [ServedKind] {
    var kinds: [ServedKind] = []
    for group in list["items"]?.array ?? [] {
      let name = group["metadata"]?["name"]?.string ?? ""
      // The first version is the preferred one.
      for version in group["versions"]?.array ?? [] {
        let resources = version["resources"]?.array ?? []
        kinds += resources.map { ServedKind(group: name, version: version["version"]?.string ?? "", $0) }
      }
    }
    return kinds
  }

  /// - Throws: `client.unknownKind` with the nearest word that is known.
  package func kind(called word: String) throws -> ServedKind {
    if let kind = kinds.first(where: { $0.verbs.contains("get") && $0.isCalled(word) }) { return kind }
    let known = kinds.filter { $0.verbs.contains("get") }.map(\.plural)
    let remedy =
      nearestWord(to: word, among: known).map { "did you mean '\($0)'?" } ?? "there are \(Set(known).sorted().joined(separator: ", "))"
    throw RopewalkError(.clientUnknownKind, "the server has no kind '\(word)'; \(remedy)")
  }

  package func kind(apiVersion: String, kind: String) throws -> ServedKind {
    if let found = kinds.first(where: { $0.apiVersion == apiVersion && $0.kind == kind }) { return found }
    throw RopewalkError(
      .clientUnknownKind,
      "the server has no kind \(kind) of \(apiVersion); apply its CustomResourceDefinition first, or check the spelling"
    )
  }
}

extension ErrorCode {
  static let clientUnknownKind = ErrorCode("client.unknownKind", .notFound)
}
