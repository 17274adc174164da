import RopewalkCore

/// Our own kinds.
extension BuiltInKinds {
  static let integration: Kind = .builtIn(
    ResourceType(
      group: "ropewalk.dev",
      version: "v1",
      kind: "Integration",
      plural: "integrations",
      singular: "integration",
      shortNames: ["integ"],
      categories: ["all", "ropewalk"],
      hasStatus: true,
      schema: SchemaText.object(
        "Messages come in, are converted and filtered, and go out. See docs/guide/integration-file.md.",
        ["spec": integrationSpec, "status": integrationStatus],
        required: ["spec"]
      ),
      columns: [
        PrinterColumn(name: "Phase", jsonPath: ".status.phase", description: "Pending, Running, Draining or Failed"),
        PrinterColumn(
          name: "Ready",
          jsonPath: ".status.conditions[?(@.type==\"Ready\")].status",
          description: "Whether it takes messages as it is declared"
        ),
        PrinterColumn(name: "Accepted", type: "integer", jsonPath: ".status.messages.accepted", description: "Messages accepted"),
        PrinterColumn(
          name: "In Flight",
          type: "integer",
          jsonPath: ".status.messages.inFlight",
          description: "Messages in flight",
          priority: 1
        ),
        PrinterColumn(
          name: "Dead",
          type: "integer",
          jsonPath: ".status.messages.deadLettered",
          description: "Messages among the dead letters",
          priority: 1
        ),
        PrinterColumn(name: "Message", jsonPath: ".status.lastError.message", description: "The last error", priority: 1),
        .age,
      ]
    ),
    nameRule: .label
  )

  /// Strict about the keys of `spec`; what is below is held to the rules by the reader of integrations.
  private static let integrationSpec = SchemaText.map(
    "What the integration is.",
    [
      "customer": SchemaText.any("Whose the messages are: a customer's id, or { header: X-Customer-ID }, or { path: customer }."),
      "tenant": SchemaText.text("The tenant; default \"default\"."),
      "incoming": SchemaText.any("One incoming connection, or a list: { type: http-webhook, config: { … } }."),
      "steps": SchemaText.list(
        "What is done to each message, in order.",
        of: SchemaText.map(
          "One step: a converter or a filter.",
          ["converter": SchemaText.anyMap("Changes the message."), "filter": SchemaText.anyMap("Lets the message pass, or not.")]
        )
      ),
      "converter": SchemaText.anyMap("One converter, as the only step or before filter."),
      "filter": SchemaText.anyMap("One filter, as the only step or behind converter."),
      "outgoing": SchemaText.any("One destination, or a list: { type: http, config: { … } }."),
      "ordering": SchemaText.text("none, key or strict."),
      "orderingKey": SchemaText.anyMap("With ordering: key, what a message's key is: { header: … } or { pointer: … }."),
      "limits": SchemaText.anyMap("Limits of queues and sizes."),
      "alerts": SchemaText.anyMap("When failures become an alert."),
    ]
  )

  private static let integrationStatus = SchemaText.withUnknown(
    SchemaText.map(
      "How the integration is.",
      [
        "observedGeneration": SchemaText.integer("The generation that this is of."),
        "phase": SchemaText.text("Pending, Running, Draining or Failed."),
        "conditions": SchemaText.conditions,
        "messages": SchemaText.dictionary("What became of the messages.", of: SchemaText.integer("How many.")),
        "lastError": SchemaText.withUnknown(
          SchemaText.map(
            "The last error.",
            ["code": SchemaText.text("Its code."), "message": SchemaText.text("What it says."), "time": SchemaText.time("When.")]
          )
        ),
      ]
    )
  )

  static let customer: Kind = .builtIn(
    ResourceType(
      group: "ropewalk.dev",
      version: "v1",
      kind: "Customer",
      plural: "customers",
      singular: "customer",
      shortNames: ["cust"],
      categories: ["all", "ropewalk"],
      hasStatus: true,
      schema: SchemaText.object("One whose messages flow through integrations.", ["spec": customerSpec, "status": customerStatus]),
      columns: [
        PrinterColumn(name: "Customer ID", jsonPath: ".spec.id", description: "The id that messages carry"),
        PrinterColumn(name: "Weight", type: "number", jsonPath: ".spec.limits.weight", description: "The share of the processor"),
        PrinterColumn(name: "Suspended", type: "boolean", jsonPath: ".spec.suspended", description: "Whether messages are refused"),
        PrinterColumn(
          name: "Ready",
          jsonPath: ".status.conditions[?(@.type==\"Ready\")].status",
          description: "Whether integrations serve it as it is declared"
        ), .age,
      ]
    )
  )

  private static let customerSpec = SchemaText.map(
    "What is wanted for the customer.",
    [
      "id": SchemaText.text("The id that messages carry; default the object's name.", pattern: "^[A-Za-z0-9._:@-]{1,128}$"),
      "displayName": SchemaText.text("A name for people."),
      "tenant": SchemaText.text("The tenant; default \"default\"."),
      "suspended": SchemaText.flag("True to refuse new messages of the customer."),
      "limits": SchemaText.withUnknown(
        SchemaText.map(
          "How much the customer may have.",
          [
            "weight": SchemaText.number("The share of the processor beside other customers; default 1.", minimum: 0),
            "messagesPerSecond": SchemaText.number("Accepted messages a second.", minimum: 0),
            "queue": SchemaText.integer("Messages that wait.", minimum: 0),
            "messageSize": SchemaText.intOrText("The largest message, such as 1Mi."),
            "memory": SchemaText.intOrText("Memory of each sandboxed instance, such as 64Mi."),
            "timeout": SchemaText.text("Time of each call into a guest, such as 5s."),
          ]
        )
      ),
      "credentials": SchemaText.dictionary(
        "Credentials by name, each a reference to a Secret of the same namespace.",
        of: SchemaText.map(
          "One credential.",
          [
            "secretRef": SchemaText.map(
              "Where the value is.",
              ["name": SchemaText.text("The Secret.", minLength: 1), "key": SchemaText.text("The key in it; default its only one.")],
              required: ["name"]
            )
          ],
          required: ["secretRef"]
        )
      ),
      "configuration": SchemaText.dictionary(
        "Settings for this customer by integration; * is for all.",
        of: SchemaText.anyMap("Settings by name, as guests and connectors read them.")
      ),
      "scripts": SchemaText.list(
        "Steps that are other scripts for this customer.",
        of: SchemaText.map(
          "One step of one integration.",
          [
            "integration": SchemaText.text("The integration.", minLength: 1), "step": SchemaText.text("The step's name.", minLength: 1),
            "inline": SchemaText.text("The script itself."), "source": SchemaText.text("A file with the script."),
            "plugin": SchemaText.text("A plugin with its versions, name@range."), "config": SchemaText.anyMap("Limits of the step."),
          ],
          required: ["integration", "step"]
        )
      ),
    ]
  )

  private static let customerStatus = SchemaText.withUnknown(
    SchemaText.map(
      "How the customer is.",
      [
        "observedGeneration": SchemaText.integer("The generation that this is of."), "conditions": SchemaText.conditions,
        "messages": SchemaText.dictionary("What became of the messages.", of: SchemaText.integer("How many.")),
      ]
    )
  )

  static let controller: Kind = .builtIn(
    ResourceType(
      group: "ropewalk.dev",
      version: "v1",
      kind: "Controller",
      plural: "controllers",
      singular: "controller",
      categories: ["all", "ropewalk"],
      isNamespaced: false,
      hasStatus: true,
      schema: SchemaText.object(
        "A controller in WebAssembly, with what it is granted.",
        ["spec": controllerSpec, "status": controllerStatus],
        required: ["spec"]
      ),
      columns: [
        PrinterColumn(name: "Version", jsonPath: ".spec.version", description: "The controller's version"),
        PrinterColumn(name: "Phase", jsonPath: ".status.phase", description: "Running, BackingOff, Failed or Stopped"),
        PrinterColumn(
          name: "Ready",
          jsonPath: ".status.conditions[?(@.type==\"Ready\")].status",
          description: "Whether it reconciles"
        ), .age,
      ]
    )
  )

  private static let controllerSpec = SchemaText.withUnknown(
    SchemaText.map(
      "What the controller is. The keys are those of *-plugin.yaml.",
      [
        "type": SchemaText.text("wasm."), "path": SchemaText.text("The module's file."),
        "version": SchemaText.text("The controller's version."), "language": SchemaText.text("What it is written in."),
        "enabled": SchemaText.flag("False to stop it."),
        "failurePolicy": SchemaText.text("Whether a write is refused when the controller does not answer.", of: ["Fail", "Ignore"]),
        "config": SchemaText.anyMap("for_types, capabilities, settings, memory_pages, max_memory_pages."),
        "security": SchemaText.withUnknown(
          SchemaText.map(
            "What it is granted.",
            [
              "allowedResources": SchemaText.texts("Plurals of kinds."), "allowedVerbs": SchemaText.texts("get, list, create, update, …"),
              "allowedNamespaces": SchemaText.texts("Namespaces; * for all."),
              "maxConcurrentRequests": SchemaText.integer("Requests at once.", minimum: 1),
              "requestsPerSecond": SchemaText.number("Requests a second.", minimum: 0),
              "maxObjectSize": SchemaText.intOrText("The largest object that it may write, such as 256Ki."),
            ]
          )
        ),
      ]
    )
  )

  private static let controllerStatus = SchemaText.withUnknown(
    SchemaText.map(
      "How the controller is.",
      [
        "observedGeneration": SchemaText.integer("The generation that this is of."), "phase": SchemaText.text("How it is, in one word."),
        "conditions": SchemaText.conditions, "lastError": SchemaText.withUnknown(SchemaText.map("The last error.", [:])),
      ]
    )
  )
}

extension SchemaText {
  /// The same, and whatever else somebody writes there.
  static func withUnknown(_ schema: JSON) -> JSON {
    var object = schema.object ?? JSONObject()
    object["x-kubernetes-preserve-unknown-fields"] = true
    return .object(object)
  }
}
