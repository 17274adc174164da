import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkDaemon

/// What controllers in WebAssembly may do where the authorizer is on.
@Suite struct ControllerAccessTests {
  private let subject = Subject(name: "system:controller:granter", groups: ["system:controllers"])
  private let bindings = ResourceTarget(group: "rbac.authorization.k8s.io", resource: "rolebindings", namespace: "team", name: "a")

  private func authorizer(verbs: [String]) -> Authorizer {
    let rule = PolicyRule(
      verbs: verbs,
      apiGroups: ["rbac.authorization.k8s.io"],
      resources: ["roles", "rolebindings", "clusterroles", "clusterrolebindings"]
    )
    func object(_ kind: String, _ fields: JSONObject) -> Resource {
      Resource(apiVersion: "rbac.authorization.k8s.io/v1", kind: kind, metadata: ResourceMetadata(name: "granter"), fields: fields)
    }
    let authorizer = Authorizer(isOn: true)
    authorizer.use(
      AccessRules([
        object("ClusterRole", ["rules": [rule.json]]),
        object(
          "ClusterRoleBinding",
          ["roleRef": ["kind": "ClusterRole", "name": "granter"], "subjects": [["kind": "User", "name": .string(subject.name)]]]
        ),
      ])
    )
    return authorizer
  }

  /// With a binding it could give itself anything.
  @Test(arguments: ["create", "update", "patch"]) func writesRolesOnlyIfItMayGrantAnything(_ verb: String) {
    let writer = authorizer(verbs: ["get", "create", "update", "patch", "delete"])
    #expect(writer.refusal(of: verb, bindings, for: subject)?.contains("escalate clusterroles") == true)
    #expect(writer.refusal(of: "get", bindings, for: subject) == nil)
    #expect(writer.refusal(of: "delete", bindings, for: subject) == nil)
    #expect(authorizer(verbs: ["*"]).refusal(of: verb, bindings, for: subject) == nil)
    #expect(Authorizer(isOn: false).refusal(of: verb, bindings, for: subject) == nil)
  }
}
