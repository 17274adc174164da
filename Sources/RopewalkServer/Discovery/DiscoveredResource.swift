import RopewalkCore
import RopewalkResources

/// One kind with what can be done to its objects.
struct DiscoveredResource {
  var group: String
  var version: String
  var kind: String
  var plural: String
  var singular: String
  var isNamespaced: Bool
  var shortNames: [String]
  var categories: [String]
  var verbs: [String]
  var hasStatus: Bool

  static let objectVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

  init(_ type: ResourceType) {
    group = type.group
    version = type.version
    kind = type.kind
    plural = type.plural
    singular = type.singular
    isNamespaced = type.isNamespaced
    shortNames = type.shortNames
    categories = type.categories
    verbs = Self.objectVerbs
    hasStatus = type.hasStatus
  }

  init(_ review: Review) {
    group = review.group
    version = "v1"
    kind = review.kind
    plural = review.rawValue
    singular = review.kind.lowercased()
    isNamespaced = false
    shortNames = []
    categories = []
    verbs = ["create"]
    hasStatus = false
  }

  /// As members of an `APIResourceList`.
  var listEntries: [JSON] {
    var entry: JSONObject = [
      "name": .string(plural), "singularName": .string(singular), "namespaced": .bool(isNamespaced), "kind": .string(kind),
      "verbs": .texts(verbs),
    ]
    if !shortNames.isEmpty { entry["shortNames"] = .texts(shortNames) }
    if !categories.isEmpty { entry["categories"] = .texts(categories) }
    guard hasStatus else { return [.object(entry)] }
    return [
      .object(entry),
      [
        "name": .string("\(plural)/status"), "singularName": "", "namespaced": .bool(isNamespaced), "kind": .string(kind),
        "verbs": .texts(Self.statusVerbs),
      ],
    ]
  }

  /// As a member of an `APIGroupDiscoveryList`.
  var aggregatedEntry: JSON {
    var entry: JSONObject = [
      "resource": .string(plural), "responseKind": responseKind, "scope": .string(isNamespaced ? "Namespaced" : "Cluster"),
      "singularResource": .string(singular), "verbs": .texts(verbs),
    ]
    if !shortNames.isEmpty { entry["shortNames"] = .texts(shortNames) }
    if !categories.isEmpty { entry["categories"] = .texts(categories) }
    if hasStatus {
      entry["subresources"] = [["subresource": "status", "responseKind": responseKind, "verbs": .texts(Self.statusVerbs)]]
    }
    return .object(entry)
  }

  private static let statusVerbs = ["get", "patch", "update"]

  private var responseKind: JSON {
    ["group": .string(group), "version": .string(version), "kind": .string(kind)]
  }
}

extension JSON {
  static func texts(_ texts: some Sequence<String>) -> JSON { .array(texts.map { .string($0) }) }
}
