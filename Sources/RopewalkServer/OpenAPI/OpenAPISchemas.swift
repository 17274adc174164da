import RopewalkCore
import RopewalkResources

/// The schemas of a group's kinds, with what Kubernetes' clients look for in them.
enum OpenAPISchemas {
  static let metadataName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
  static let listMetadataName = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta"

  /// `dev.ropewalk.v1.Integration`
  static func name(of type: ResourceType) -> String {
    let group = type.group.isEmpty ? ["core"] : type.group.split(separator: ".").reversed().map(String.init)
    return (group + [type.version, type.kind]).joined(separator: ".")
  }

  static func identity(of type: ResourceType, kind: String? = nil) -> JSON {
    ["group": .string(type.group), "version": .string(type.version), "kind": .string(kind ?? type.kind)]
  }

  /// - Parameter prefix: of references, `#/components/schemas/` or `#/definitions/`.
  static func schemas(of types: [ResourceType], prefix: String) -> JSONObject {
    var schemas: JSONObject = [metadataName: objectMetadata, listMetadataName: listMetadata]
    for type in types {
      schemas[name(of: type)] = object(type, prefix: prefix)
      schemas[name(of: type) + "List"] = list(type, prefix: prefix)
    }
    return schemas
  }

  private static func object(_ type: ResourceType, prefix: String) -> JSON {
    var schema = type.schema?.object ?? ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
    var properties = schema["properties"]?.object ?? JSONObject()
    var first: JSONObject = ["apiVersion": apiVersion, "kind": kind, "metadata": reference(metadataName, prefix: prefix)]
    for member in properties.members where !["apiVersion", "kind", "metadata"].contains(member.key) { first[member.key] = member.value }
    properties = first
    schema["properties"] = .object(properties)
    schema["x-kubernetes-group-version-kind"] = [identity(of: type)]
    return .object(schema)
  }

  private static func list(_ type: ResourceType, prefix: String) -> JSON {
    [
      "type": "object",
      "required": ["items"],
      "properties": [
        "apiVersion": apiVersion, "kind": kind, "metadata": reference(listMetadataName, prefix: prefix),
        "items": ["type": "array", "items": reference(name(of: type), prefix: prefix)],
      ],
      "x-kubernetes-group-version-kind": [identity(of: type, kind: type.kind + "List")],
    ]
  }

  static func reference(_ name: String, prefix: String) -> JSON {
    // OpenAPI 3.0 allows nothing beside `$ref`; `default` and `description` go around it, as in Kubernetes.
    ["description": "Standard object's metadata.", "allOf": [["$ref": .string(prefix + name)]], "default": [:]]
  }

  private static let apiVersion: JSON = ["type": "string", "description": "The group and version of the kind, such as ropewalk.dev/v1."]
  private static let kind: JSON = ["type": "string", "description": "What the object is, such as Integration."]
  private static func text(_ description: String) -> JSON { ["type": "string", "description": .string(description)] }
  private static func time(_ description: String) -> JSON {
    ["type": "string", "format": "date-time", "description": .string(description)]
  }

  private static let objectMetadata: JSON = [
    "type": "object",
    "description": "What every object carries.",
    "properties": [
      "name": text("Unique within the namespace; a DNS subdomain. Cannot be changed."),
      "generateName": text("Instead of a name: what the server adds five random letters to."),
      "namespace": text("The space within which the name is unique."),
      "uid": text("Set by the server; an object that is made again gets another."),
      "resourceVersion": text("Set by the server; grows with each change. Sent back with a change, it refuses one that came too late."),
      "generation": ["type": "integer", "format": "int64", "description": "Grows with each change of what is wanted."],
      "creationTimestamp": time("When the object was made."),
      "deletionTimestamp": time("When its deletion was asked for; it goes when no finalizer is left."),
      "deletionGracePeriodSeconds": ["type": "integer", "format": "int64", "description": "Time for an orderly end."],
      "labels": [
        "type": "object", "additionalProperties": ["type": "string", "default": ""],
        "description": "Names and values that objects are selected by.",
      ],
      "annotations": [
        "type": "object", "additionalProperties": ["type": "string", "default": ""],
        "description": "Names and values that tools keep with the object.",
      ],
      "finalizers": [
        "type": "array", "items": ["type": "string", "default": ""], "x-kubernetes-list-type": "set",
        "x-kubernetes-patch-strategy": "merge",
        "description": "Who has something to do before the object goes.",
      ],
      "ownerReferences": [
        "type": "array", "x-kubernetes-list-map-keys": ["uid"], "x-kubernetes-list-type": "map",
        "x-kubernetes-patch-merge-key": "uid", "x-kubernetes-patch-strategy": "merge",
        "description": "The objects that this one belongs to and goes with.",
        "items": [
          "type": "object",
          "required": ["apiVersion", "kind", "name", "uid"],
          "properties": [
            "apiVersion": text("Of the owner."), "kind": text("Of the owner."), "name": text("Of the owner."), "uid": text("Of the owner."),
            "controller": ["type": "boolean", "description": "Whether it is the one that manages this."],
            "blockOwnerDeletion": ["type": "boolean", "description": "Whether the owner waits for this one to go."],
          ],
        ],
      ],
      "managedFields": [
        "type": "array", "items": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
        "description": "Which manager applied which fields.",
      ],
    ],
  ]

  private static let listMetadata: JSON = [
    "type": "object",
    "properties": [
      "resourceVersion": text("The state that the list is of; a watch from here misses nothing."),
      "continue": text("Gives the next page."),
      "remainingItemCount": ["type": "integer", "format": "int64", "description": "How many follow this page."],
    ],
  ]
}
