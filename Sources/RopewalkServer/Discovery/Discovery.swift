import RopewalkCore
import RopewalkResources

/// What the API offers, as clients ask for it: group by group, or all at once.
///
/// `preferred` versions come first; a group's versions are in the order of Kubernetes (v1 before v1beta1, v2 before v1).
struct Discovery {
  struct GroupVersion: Hashable {
    var group: String
    var version: String

    var text: String { group.isEmpty ? version : "\(group)/\(version)" }
  }

  private let resources: [GroupVersion: [DiscoveredResource]]
  /// Of each group, the best first. In the order of names; the core group first.
  private let versions: [(group: String, versions: [String])]

  init(_ types: [ResourceType]) {
    let all = types.map(DiscoveredResource.init) + Review.allCases.map(DiscoveredResource.init)
    resources = Dictionary(grouping: all) { GroupVersion(group: $0.group, version: $0.version) }
      .mapValues { $0.sorted { $0.plural < $1.plural } }
    versions = Dictionary(grouping: resources.keys, by: \.group)
      .map { ($0.key, $0.value.map(\.version).sorted { VersionPriority($0) > VersionPriority($1) }) }
      .sorted { $0.0 < $1.0 }
  }

  var groupVersions: [GroupVersion] {
    versions.flatMap { group in group.versions.map { GroupVersion(group: group.group, version: $0) } }
  }

  /// `/api`
  var coreVersions: JSON {
    let core = versions.first { $0.group.isEmpty }?.versions ?? []
    return [
      "kind": "APIVersions",
      "versions": .array(core.map { .string($0) }),
      "serverAddressByClientCIDRs": [],
    ]
  }

  /// `/apis`
  var groups: JSON {
    [
      "kind": "APIGroupList",
      "apiVersion": "v1",
      "groups": .array(versions.filter { !$0.group.isEmpty }.map { .object(Self.group($0.group, $0.versions)) }),
    ]
  }

  /// `/apis/GROUP`
  func group(_ name: String) -> JSON? {
    guard let found = versions.first(where: { $0.group == name && !name.isEmpty }) else { return nil }
    let head: JSONObject = ["kind": "APIGroup", "apiVersion": "v1"]
    return .object(JSONObject(head.members + Self.group(name, found.versions).members))
  }

  private static func group(_ name: String, _ versions: [String]) -> JSONObject {
    let entries = versions.map { version -> JSON in ["groupVersion": .string("\(name)/\(version)"), "version": .string(version)] }
    return ["name": .string(name), "versions": .array(entries), "preferredVersion": entries.first ?? .null]
  }

  /// `/apis/GROUP/VERSION`
  func resourceList(group: String, version: String) -> JSON? {
    let key = GroupVersion(group: group, version: version)
    guard let found = resources[key] else { return nil }
    return [
      "kind": "APIResourceList",
      "apiVersion": "v1",
      "groupVersion": .string(key.text),
      "resources": .array(found.flatMap(\.listEntries)),
    ]
  }

  /// `/api` or `/apis` with everything in it, as clients since Kubernetes 1.26 ask for.
  func aggregated(core: Bool) -> JSON {
    let items = versions.filter { $0.group.isEmpty == core }.map { group -> JSON in
      [
        "metadata": ["name": .string(group.group), "creationTimestamp": .null],
        "versions": .array(
          group.versions.map { version in
            [
              "version": .string(version),
              "resources": .array(
                (resources[GroupVersion(group: group.group, version: version)] ?? []).map(\.aggregatedEntry)
              ),
              "freshness": "Current",
            ]
          }
        ),
      ]
    }
    return [
      "kind": "APIGroupDiscoveryList",
      "apiVersion": .string("\(Self.aggregatedGroup)/\(Self.aggregatedVersion)"),
      "metadata": [:],
      "items": .array(items),
    ]
  }

  static let aggregatedGroup = "apidiscovery.k8s.io"
  static let aggregatedVersion = "v2"
  static let aggregatedContentType = "application/json;g=\(aggregatedGroup);v=\(aggregatedVersion);as=APIGroupDiscoveryList"

  /// Whether a client takes everything at once.
  static func isAggregated(accept: String?) -> Bool {
    (accept ?? "").split(separator: ",").contains {
      let parameters = MediaType($0).parameters
      return parameters["as"] == "APIGroupDiscoveryList" && parameters["g"] == aggregatedGroup && parameters["v"] == aggregatedVersion
    }
  }
}
