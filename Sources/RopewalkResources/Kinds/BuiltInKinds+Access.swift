import RopewalkCore

/// Who may do what, in the form of Kubernetes' RBAC.
extension BuiltInKinds {
  private static let group = "rbac.authorization.k8s.io"

  static let access: [Kind] = [
    role("ClusterRole", "clusterroles", isNamespaced: false),
    role("Role", "roles", isNamespaced: true),
    binding("ClusterRoleBinding", "clusterrolebindings", isNamespaced: false),
    binding("RoleBinding", "rolebindings", isNamespaced: true),
  ]

  private static func role(_ kind: String, _ plural: String, isNamespaced: Bool) -> Kind {
    let rule = SchemaText.map(
      "What may be done to what.",
      [
        "verbs": SchemaText.texts("get, list, watch, create, update, patch, delete, deletecollection, or * for all."),
        "apiGroups": SchemaText.texts("The groups of the kinds; \"\" is the core group, * all."),
        "resources": SchemaText.texts("Plurals such as integrations, or integrations/status; * for all."),
        "resourceNames": SchemaText.texts("Names of single objects; none for all."),
        "nonResourceURLs": SchemaText.texts("Paths such as /healthz; only in a ClusterRole."),
      ],
      required: ["verbs"]
    )
    let fields: JSONObject = [
      "rules": nullableList(SchemaText.list("What may be done; a role without rules grants nothing.", of: rule)),
      "aggregationRule": SchemaText.anyMap("Takes the rules of other roles; not supported, and refused where it is set."),
    ]
    return access(kind, plural, isNamespaced, SchemaText.object("A set of rights.", fields), columns: [.created])
  }

  private static func binding(_ kind: String, _ plural: String, isNamespaced: Bool) -> Kind {
    let subject = SchemaText.map(
      "Who is meant.",
      [
        "kind": SchemaText.text("User, Group or ServiceAccount.", of: ["User", "Group", "ServiceAccount"]),
        "name": SchemaText.text("The name."),
        "apiGroup": SchemaText.text("rbac.authorization.k8s.io for users and groups."),
        "namespace": SchemaText.text("The namespace of a service account."),
      ],
      required: ["kind", "name"]
    )
    let role = SchemaText.map(
      "The role whose rights they get.",
      [
        "apiGroup": SchemaText.text("rbac.authorization.k8s.io."),
        "kind": SchemaText.text("Role or ClusterRole.", of: ["Role", "ClusterRole"]),
        "name": SchemaText.text("Its name."),
      ],
      required: ["kind", "name"]
    )
    let fields: JSONObject = ["subjects": nullableList(SchemaText.list("Who gets the rights.", of: subject)), "roleRef": role]
    let columns = [PrinterColumn(name: "Role", jsonPath: ".roleRef.name", description: "The role"), PrinterColumn.age]
    return access(
      kind,
      plural,
      isNamespaced,
      SchemaText.object("Gives a role to somebody.", fields, required: ["roleRef"]),
      columns: columns
    )
  }

  private static func access(_ kind: String, _ plural: String, _ isNamespaced: Bool, _ schema: JSON, columns: [PrinterColumn]) -> Kind {
    .builtIn(
      ResourceType(
        group: group,
        version: "v1",
        kind: kind,
        plural: plural,
        singular: kind.lowercased(),
        isNamespaced: isNamespaced,
        schema: schema,
        columns: columns,
        hasGeneration: false
      ),
      nameRule: .pathSegment
    )
  }

  private static func nullableList(_ schema: JSON) -> JSON {
    var object = schema.object ?? JSONObject()
    object["nullable"] = true
    return .object(object)
  }
}

extension PrinterColumn {
  fileprivate static let created = PrinterColumn(
    name: "Created At",
    jsonPath: ".metadata.creationTimestamp",
    description: "When the object was made"
  )
}
