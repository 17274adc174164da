import RopewalkCore
import RopewalkResources
import Testing

@testable import RopewalkServer

@Suite struct AccessRulesTests {
  private func role(_ name: String, namespace: String = "", _ rules: PolicyRule...) -> Resource {
    Resource(
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: namespace.isEmpty ? "ClusterRole" : "Role",
      metadata: ResourceMetadata(name: name, namespace: namespace),
      fields: ["rules": .array(rules.map(\.json))]
    )
  }

  private func binding(_ role: String, isClusterRole: Bool = true, namespace: String = "", _ subject: JSON) -> Resource {
    Resource(
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: namespace.isEmpty ? "ClusterRoleBinding" : "RoleBinding",
      metadata: ResourceMetadata(name: "binding", namespace: namespace),
      fields: ["roleRef": ["kind": isClusterRole ? "ClusterRole" : "Role", "name": .string(role)], "subjects": [subject]]
    )
  }

  private func ask(_ verb: String, _ resource: String = "things", sub: String = "", namespace: String = "", name: String = "")
    -> AccessQuestion
  {
    .resource(verb, ResourceTarget(group: "g", resource: resource, subresource: sub, namespace: namespace, name: name))
  }

  private let bob = Subject(name: "bob", groups: ["team"])
  private let reading = PolicyRule(verbs: ["get", "list"], apiGroups: ["g"], resources: ["things"])

  @Test func nothingIsGrantedByItself() {
    let rules = AccessRules([role("reader", reading)])
    #expect(!rules.decide(ask("get"), for: bob).isAllowed)
    #expect(rules.decide(AccessQuestion("get", .path("/apis")), for: bob).isAllowed)
    #expect(!rules.decide(AccessQuestion("get", .path("/metrics")), for: bob).isAllowed)
    #expect(rules.decide(ask("delete"), for: Subject(name: "x", groups: [AccessRules.mastersGroup])).isAllowed)
  }

  @Test func bindingsOfNamespaces() {
    let rules = AccessRules([role("reader", reading), binding("reader", namespace: "n", ["kind": "Group", "name": "team"])])
    #expect(rules.decide(ask("get", namespace: "n"), for: bob).isAllowed)
    #expect(!rules.decide(ask("get", namespace: "m"), for: bob).isAllowed)
    #expect(!rules.decide(ask("list"), for: bob).isAllowed, "all namespaces are more than one")
    #expect(!rules.decide(ask("delete", namespace: "n"), for: bob).isAllowed)
    #expect(!rules.decide(ask("get", sub: "status", namespace: "n"), for: bob).isAllowed)
    #expect(!rules.decide(ask("get", namespace: "n"), for: Subject(name: "team")).isAllowed, "a user named as a group is none")
  }

  @Test func clusterBindingOfAServiceAccount() {
    let rules = AccessRules([role("reader", reading), binding("reader", ["kind": "ServiceAccount", "name": "s", "namespace": "n"])])
    #expect(rules.decide(ask("get", namespace: "any"), for: Subject(name: "system:serviceaccount:n:s")).isAllowed)
    #expect(!rules.decide(ask("get", namespace: "any"), for: Subject(name: "system:serviceaccount:m:s")).isAllowed)
  }

  @Test func aRoleIsFoundInItsNamespaceOnly() {
    let rules = AccessRules([
      role("reader", namespace: "m", reading), binding("reader", isClusterRole: false, namespace: "n", ["kind": "User", "name": "bob"]),
    ])
    #expect(!rules.decide(ask("get", namespace: "n"), for: bob).isAllowed)
  }

  @Test func namesAndWildcards() {
    let named = PolicyRule(verbs: ["get"], apiGroups: ["*"], resources: ["*/status"], resourceNames: ["one"])
    #expect(named.allows(ask("get", sub: "status", name: "one")))
    #expect(!named.allows(ask("get", sub: "status", name: "two")))
    #expect(!named.allows(ask("get", sub: "status")), "a list is of no one name")
    #expect(!named.allows(ask("get", name: "one")))
    let paths = PolicyRule(verbs: ["get"], nonResourceURLs: ["/debug/*", "/metrics"])
    #expect(paths.allows(AccessQuestion("get", .path("/debug/x"))))
    #expect(!paths.allows(AccessQuestion("get", .path("/debug"))))
    #expect(!paths.allows(ask("get")))
  }

  @Test func covering() {
    let all = PolicyRule(verbs: ["*"], apiGroups: ["g"], resources: ["*"])
    let one = PolicyRule(verbs: ["get"], apiGroups: ["g"], resources: ["things"], resourceNames: ["a"])
    #expect(reading.isCovered(by: [all]))
    #expect(!all.isCovered(by: [reading]))
    #expect(one.isCovered(by: [reading]))
    #expect(!reading.isCovered(by: [one]), "all names are more than one")
    #expect(!PolicyRule(verbs: ["get"], nonResourceURLs: ["*"]).isCovered(by: [all]))
    let halves = ["get", "list"].map { PolicyRule(verbs: [$0], apiGroups: ["g"], resources: ["things"]) }
    #expect(reading.isCovered(by: halves))
  }

  @Test func escalation() throws {
    let rules = AccessRules([
      role("reader", reading), role("root", PolicyRule(verbs: ["*"], apiGroups: ["*"], resources: ["*"])),
      binding("reader", ["kind": "User", "name": "bob"]),
    ])
    let guarding = EscalationGuard(rules: rules, subject: bob)
    try guarding.check(role("copy", reading))
    try guarding.check(binding("reader", ["kind": "User", "name": "eve"]))
    #expect(throws: StatusError.self) { try guarding.check(binding("root", ["kind": "User", "name": "bob"])) }
    #expect(throws: StatusError.self) { try guarding.check(binding("absent", ["kind": "User", "name": "bob"])) }
    #expect(throws: StatusError.self) {
      try guarding.check(role("more", PolicyRule(verbs: ["delete"], apiGroups: ["g"], resources: ["things"])))
    }
  }

  @Test func anAuthorizerWaitsForItsRules() {
    let authorizer = Authorizer(isOn: true)
    #expect(!authorizer.decide(ask("get"), for: bob).isAllowed)
    authorizer.use(AccessRules([role("reader", reading), binding("reader", ["kind": "User", "name": "bob"])]))
    #expect(authorizer.decide(ask("get"), for: bob).isAllowed)
    let off = Authorizer(isOn: false)
    off.use(AccessRules())
    #expect(off.decide(ask("delete"), for: bob).isAllowed)
  }

  @Test func rolesOfAnEarlierVersionAreBroughtForwardUnlessSomebodyChangedThem() async throws {
    let registry = try await ResourceRegistry.open(MemoryResourceStore())
    let verbs: JSON = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
    func role(_ name: String, _ resources: JSON) -> Resource {
      Resource(
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRole",
        metadata: ResourceMetadata(name: name),
        fields: ["rules": [["verbs": verbs, "apiGroups": ["ropewalk.dev", ""], "resources": resources]]]
      )
    }
    for old in [role("edit", ["*"]), role("admin", ["*"])] { _ = try await registry.create(old, options: WriteOptions()) }
    try await DefaultRoles.make(with: registry)
    func grantsNamespaces(_ name: String) async throws -> Bool {
      let rules = AccessRules.rules(of: try await registry.get(ResourceKey(.clusterRoles, name: name)))
      let asked = PolicyRule(verbs: ["delete"], apiGroups: [""], resources: ["namespaces"])
      return asked.isCovered(by: rules)
    }
    #expect(try await grantsNamespaces("edit") == false)
    // This one had roles and bindings besides, so somebody has changed it.
    #expect(try await grantsNamespaces("admin"))
  }
}
