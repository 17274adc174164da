import RopewalkCore

extension BuiltInKinds {
  /// Kinds that users define.
  static let definition: Kind = .builtIn(
    ResourceType(
      group: "apiextensions.k8s.io",
      version: "v1",
      kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions",
      singular: "customresourcedefinition",
      shortNames: ["crd", "crds"],
      categories: ["api-extensions"],
      isNamespaced: false,
      hasStatus: true,
      schema: SchemaText.object("Defines a kind of object.", ["spec": spec, "status": status], required: ["spec"]),
      columns: [
        PrinterColumn(name: "Created At", jsonPath: ".metadata.creationTimestamp", description: "When the kind was defined")
      ]
    )
  )

  private static let names = SchemaText.map(
    "What the kind is called.",
    [
      "plural": SchemaText.text("As in URLs: items."), "singular": SchemaText.text("item; default the kind in small letters."),
      "kind": SchemaText.text("Item."), "listKind": SchemaText.text("ItemList, the default."),
      "shortNames": SchemaText.texts("Short forms for the command line."), "categories": SchemaText.texts("Groups of kinds, such as all."),
    ],
    required: ["plural", "kind"]
  )

  private static let spec = SchemaText.map(
    "How the kind is to be.",
    [
      "group": SchemaText.text("The kind's group, such as inventory.example.com."),
      "names": names,
      "scope": SchemaText.text("Namespaced or Cluster.", of: ["Namespaced", "Cluster"]),
      "versions": SchemaText.list("The versions of the kind.", of: version),
      "conversion": SchemaText.anyMap("How objects are converted between versions; only the strategy None."),
      "preserveUnknownFields": SchemaText.flag("Must be false."),
    ],
    required: ["group", "names", "scope", "versions"]
  )

  private static let version = SchemaText.map(
    "One version.",
    [
      "name": SchemaText.text("v1, v1alpha1."), "served": SchemaText.flag("Whether the API offers it."),
      "storage": SchemaText.flag("Whether objects are kept in it; true for exactly one."),
      "deprecated": SchemaText.flag("Whether its use gives a warning."),
      "deprecationWarning": ["type": "string", "nullable": true, "description": "The warning."],
      "schema": SchemaText.map("The form of the objects.", ["openAPIV3Schema": SchemaText.any("A structural OpenAPI v3 schema.")]),
      "subresources": SchemaText.map(
        "What is written apart.",
        ["status": SchemaText.anyMap("{} to write the status apart."), "scale": SchemaText.anyMap("Not supported; it is ignored.")]
      ),
      "additionalPrinterColumns": SchemaText.list(
        "What kubectl get shows.",
        of: SchemaText.map(
          "One column.",
          [
            "name": SchemaText.text("The heading."), "type": SchemaText.text("string, integer, number, boolean or date."),
            "jsonPath": SchemaText.text("Where the value is, such as .spec.size."), "description": SchemaText.text("What it says."),
            "priority": SchemaText.integer("Above 0: only with -o wide."), "format": SchemaText.text("The format of the value."),
          ],
          required: ["name", "type", "jsonPath"]
        )
      ),
      "selectableFields": SchemaText.list("Fields for field selectors; all may be used.", of: SchemaText.anyMap("One field.")),
    ],
    required: ["name", "served", "storage"]
  )

  private static let status = SchemaText.map(
    "How the kind is.",
    [
      "conditions": SchemaText.conditions, "acceptedNames": names,
      "storedVersions": SchemaText.texts("Versions that objects may be kept in."),
    ]
  )
}
