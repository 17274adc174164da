import Crypto
import RopewalkCore
import RopewalkResources
import Synchronization

/// Discovery and OpenAPI of the kinds as they are, made anew when a kind comes, goes or changes.
final class APIDescription: Sendable {
  private struct Made {
    var types: [ResourceType]
    var discovery: Discovery
    /// Serialised documents by path.
    var documents: [String: [UInt8]] = [:]
  }

  private let made = Mutex<Made?>(nil)

  func discovery(of types: [ResourceType]) -> Discovery {
    made.withLock { Self.current(&$0, types).discovery }
  }

  func version2(of types: [ResourceType]) -> [UInt8] {
    document("v2", types) { _ in OpenAPIDocument(types).version2() }
  }

  func index(of types: [ResourceType]) -> [UInt8] {
    document("v3", types) { discovery in
      OpenAPIDocument.index(discovery) { entry in
        let content = OpenAPIDocument(types).version3(group: entry.group, version: entry.version).serialised()
        return SHA256.hash(data: content).prefix(16).map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined().uppercased()
      }
    }
  }

  /// Nil when there is no such group and version.
  func version3(group: String, version: String, of types: [ResourceType]) -> [UInt8]? {
    let entry = Discovery.GroupVersion(group: group, version: version)
    guard discovery(of: types).groupVersions.contains(entry) else { return nil }
    return document("v3/\(entry.text)", types) { _ in OpenAPIDocument(types).version3(group: group, version: version) }
  }

  private func document(_ path: String, _ types: [ResourceType], _ make: (Discovery) -> JSON) -> [UInt8] {
    made.withLock { made in
      let current = Self.current(&made, types)
      if let document = current.documents[path] { return document }
      let document = make(current.discovery).serialised()
      made?.documents[path] = document
      return document
    }
  }

  private static func current(_ made: inout Made?, _ types: [ResourceType]) -> Made {
    if let made, made.types == types { return made }
    let new = Made(types: types, discovery: Discovery(types))
    made = new
    return new
  }
}
