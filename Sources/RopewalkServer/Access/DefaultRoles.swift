import RopewalkCore
import RopewalkFunctions
import RopewalkResources

/// The roles that a server begins with, as in Kubernetes: everything, everything in a namespace, changing, reading.
/// They are made once; who changes or deletes one keeps it so until the next start, which makes those that are missing.
enum DefaultRoles {
  private static let readingVerbs = ["get", "list", "watch"]
  private static let writingVerbs = ["create", "update", "patch", "delete", "deletecollection"]

  static let roles: [(name: String, rules: [PolicyRule])] = [
    (
      "cluster-admin",
      [PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"]), PolicyRule(verbs: ["*"], nonResourceURLs: ["*"])]
    ),
    (
      "admin",
      [
        reading, writing, writingRopewalk,
        PolicyRule(verbs: readingVerbs + writingVerbs, apiGroups: [EscalationGuard.group], resources: ["roles", "rolebindings"]),
      ]
    ),
    ("edit", [reading, writing, writingRopewalk]),
    ("view", [reading]),
  ]

  private static let reading = PolicyRule(verbs: readingVerbs, apiGroups: ["ropewalk.dev", ""], resources: ["*"])
  private static let writingRopewalk = PolicyRule(verbs: writingVerbs, apiGroups: ["ropewalk.dev"], resources: ["*"])
  /// Not namespaces: who has one to himself does not end or rename the fence around it.
  private static let writing = PolicyRule(verbs: writingVerbs, apiGroups: [""], resources: ["secrets", "events"])

  /// What `admin` and `edit` granted before: everything in a namespace, and the namespace itself.
  private static let former: [String: [PolicyRule]] = [
    "admin": [
      PolicyRule(verbs: readingVerbs + writingVerbs, apiGroups: ["ropewalk.dev", ""], resources: ["*"]),
      PolicyRule(verbs: readingVerbs + writingVerbs, apiGroups: [EscalationGuard.group], resources: ["roles", "rolebindings"]),
    ],
    "edit": [PolicyRule(verbs: readingVerbs + writingVerbs, apiGroups: ["ropewalk.dev", ""], resources: ["*"])],
  ]

  /// Brings a role of an earlier version forward that nobody has changed.
  private static func replace(_ name: String, with rules: [PolicyRule], _ client: any ResourceClient) async throws {
    guard let former = former[name].map({ JSON.array($0.map(\.json)) }) else { return }
    let key = ResourceKey(.clusterRoles, name: name)
    guard try await client.get(key).fields["rules"]?.isSameValue(as: former) == true else { return }
    _ = try await client.modify(key, .main, options: WriteOptions()) { $0.fields["rules"] = .array(rules.map(\.json)) }
  }

  /// Makes the roles that are missing, where the kind is served.
  static func make(with client: any ResourceClient) async throws {
    guard let type = client.type(apiVersion: "\(EscalationGuard.group)/v1", kind: "ClusterRole") else { return }
    for role in roles {
      let object = Resource(
        apiVersion: type.apiVersion,
        kind: type.kind,
        metadata: ResourceMetadata(name: role.name, labels: ["ropewalk.dev/default": "true"]),
        fields: ["rules": .array(role.rules.map(\.json))]
      )
      do {
        _ = try await client.create(object, options: WriteOptions())
      } catch let error as RopewalkError where error.code == .resourceExists {
        try await replace(role.name, with: role.rules, client)
      }
    }
  }
}
