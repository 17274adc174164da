import RopewalkCore

/// The kinds that are there without anybody defining them.
enum BuiltInKinds {
  static let all: [Kind] = core + access + [definition] + [integration, customer, controller]

  static let core: [Kind] = [
    .builtIn(
      ResourceType(
        group: "",
        version: "v1",
        kind: "Namespace",
        plural: "namespaces",
        singular: "namespace",
        shortNames: ["ns"],
        isNamespaced: false,
        hasStatus: true,
        schema: SchemaText.object(
          "A namespace holds objects of one team or tenant. Deleting it deletes everything in it.",
          [
            "spec": SchemaText.map("What is wanted.", ["finalizers": SchemaText.texts("Who must agree before it goes.")]),
            "status": SchemaText.map(
              "How it is.",
              ["phase": SchemaText.text("Active or Terminating.", of: ["Active", "Terminating"]), "conditions": SchemaText.conditions]
            ),
          ]
        ),
        columns: [
          PrinterColumn(name: "Status", jsonPath: ".status.phase", description: "Active or Terminating"), .age,
        ]
      ),
      nameRule: .label
    ),
    .builtIn(
      ResourceType(
        group: "",
        version: "v1",
        kind: "Secret",
        plural: "secrets",
        singular: "secret",
        schema: SchemaText.object(
          "Values that must not be seen. They are kept encrypted and are not given back: who reads a Secret sees the keys with empty values. Where a value is left empty in an update, the stored one stays.",
          [
            "data": SchemaText.dictionary("Values by key, in base64.", of: ["type": "string", "format": "byte"]),
            "stringData": SchemaText.dictionary("Values by key as plain text; they go into data.", of: ["type": "string"]),
            "type": SchemaText.text("What the Secret is for, such as Opaque."),
            "immutable": SchemaText.flag("Whether the values may not be changed any more."),
          ]
        ),
        columns: [
          PrinterColumn(name: "Type", jsonPath: ".type", description: "What the Secret is for"), .age,
        ],
        hasGeneration: false
      )
    ),
    .builtIn(
      ResourceType(
        group: "",
        version: "v1",
        kind: "Event",
        plural: "events",
        singular: "event",
        shortNames: ["ev"],
        schema: SchemaText.object(
          "Something that happened to an object. Events are kept for a limited time.",
          [
            "involvedObject": reference("The object that it happened to."),
            "related": reference("Another object that took part."),
            "reason": SchemaText.text("Why, in one word, such as Started."),
            "message": SchemaText.text("What happened, in words for people."),
            "type": SchemaText.text("Normal or Warning."),
            "count": SchemaText.integer("How often it happened."),
            "firstTimestamp": nullable(SchemaText.time("When it happened first.")),
            "lastTimestamp": nullable(SchemaText.time("When it happened last.")),
            "eventTime": nullable(SchemaText.time("When it happened first, to the microsecond.")),
            "series": SchemaText.anyMap("How often it was repeated."),
            "action": SchemaText.text("What was done."),
            "source": SchemaText.map(
              "Who says so.",
              ["component": SchemaText.text("The component."), "host": SchemaText.text("Its machine.")]
            ),
            "reportingComponent": SchemaText.text("Who says so."),
            "reportingInstance": SchemaText.text("Which instance of it."),
          ],
          required: ["involvedObject"]
        ),
        columns: [
          PrinterColumn(name: "Last Seen", type: "date", jsonPath: ".lastTimestamp", description: "When it happened last"),
          PrinterColumn(name: "Type", jsonPath: ".type", description: "Normal or Warning"),
          PrinterColumn(name: "Reason", jsonPath: ".reason", description: "Why, in one word"),
          PrinterColumn(name: "Object", jsonPath: ".involvedObject.name", description: "The object that it happened to"),
          PrinterColumn(name: "Message", jsonPath: ".message", description: "What happened"),
        ],
        hasGeneration: false
      )
    ),
  ]

  private static func reference(_ description: String) -> JSON {
    SchemaText.map(
      description,
      [
        "apiVersion": SchemaText.text("Its version."), "kind": SchemaText.text("Its kind."), "name": SchemaText.text("Its name."),
        "namespace": SchemaText.text("Its namespace."), "uid": SchemaText.text("Its uid."),
        "resourceVersion": SchemaText.text("Its version when it happened."), "fieldPath": SchemaText.text("Which part of it."),
      ]
    )
  }

  private static func nullable(_ schema: JSON) -> JSON {
    var object = schema.object ?? JSONObject()
    object["nullable"] = true
    return .object(object)
  }
}

extension PrinterColumn {
  static let age = PrinterColumn(name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: "How old the object is")
}
