import RopewalkCore

/// Which part of the API a path names.
enum APIRoute: Sendable, Hashable {
  case version
  /// `/api`
  case coreVersions
  /// `/apis`
  case groups
  /// `/apis/GROUP`
  case group(String)
  /// `/api/v1` or `/apis/GROUP/VERSION`
  case resources(group: String, version: String)
  case objects(APIPath)
  case openAPIv2
  /// `/openapi/v3`
  case openAPIIndex
  /// `/openapi/v3/apis/GROUP/VERSION`
  case openAPI(group: String, version: String)
  /// Anything else; a mounted route, maybe.
  case other

  init(path: String) {
    let segments = path.split(separator: "/").map(String.init)
    switch segments.first {
    case "api": self = Self.core(segments.dropFirst())
    case "apis": self = Self.grouped(segments.dropFirst())
    case "openapi": self = Self.openAPI(segments.dropFirst())
    case "version" where segments.count == 1: self = .version
    default: self = .other
    }
  }

  private static func core(_ rest: ArraySlice<String>) -> APIRoute {
    guard let version = rest.first else { return .coreVersions }
    return versioned(group: "", version: version, rest.dropFirst())
  }

  private static func grouped(_ rest: ArraySlice<String>) -> APIRoute {
    guard let group = rest.first else { return .groups }
    guard rest.count > 1 else { return .group(group) }
    return versioned(group: group, version: rest[rest.startIndex + 1], rest.dropFirst(2))
  }

  private static func versioned(group: String, version: String, _ rest: ArraySlice<String>) -> APIRoute {
    if rest.isEmpty { return .resources(group: group, version: version) }
    return APIPath(group: group, version: version, rest).map(APIRoute.objects) ?? .other
  }

  private static func openAPI(_ rest: ArraySlice<String>) -> APIRoute {
    let rest = Array(rest)
    switch rest.count {
    case 1 where rest[0] == "v2": return .openAPIv2
    case 1 where rest[0] == "v3": return .openAPIIndex
    case 3 where rest[0] == "v3" && rest[1] == "api": return .openAPI(group: "", version: rest[2])
    case 4 where rest[0] == "v3" && rest[1] == "apis": return .openAPI(group: rest[2], version: rest[3])
    default: return .other
    }
  }
}

/// The objects that a path names: `namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE`.
struct APIPath: Sendable, Hashable {
  var group: String
  var version: String
  var plural: String
  /// Nil for all namespaces, and for kinds that have none.
  var namespace: String?
  /// Nil for the collection.
  var name: String?
  var subresource: String?

  /// Nil when there are more segments than a path has.
  init?(group: String, version: String, _ segments: ArraySlice<String>) {
    self.group = group
    self.version = version
    var rest = segments
    if rest.first == "namespaces", rest.count > 2, !Self.namespaceSubresources.contains(rest[rest.startIndex + 2]) {
      namespace = rest[rest.startIndex + 1]
      rest = rest.dropFirst(2)
    }
    guard let plural = rest.popFirst() else { return nil }
    self.plural = plural
    name = rest.popFirst()
    subresource = rest.popFirst()
    if !rest.isEmpty { return nil }
  }

  /// What stands where a plural would, and is of the namespace itself.
  private static let namespaceSubresources: Set = ["status", "finalize"]
}
