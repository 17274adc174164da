import RopewalkCore
import RopewalkResources

/// Objects of one kind as rows: the `Table` of `meta.k8s.io/v1`.
struct ObjectTable: Sendable {
  /// How much of each object stands beside its row.
  enum IncludedObject: String { case none = "None", metadata = "Metadata", object = "Object" }

  private struct Column: Sendable {
    var definition: PrinterColumn
    var path: JSONPath
  }

  private let columns: [Column]
  private let definitions: JSON
  private let included: IncludedObject

  init(_ type: ResourceType, included: IncludedObject) {
    self.included = included
    let age = PrinterColumn(name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp", description: Self.ageDescription)
    columns = (type.columns.isEmpty ? [age] : type.columns).compactMap { column in
      JSONPath(column.jsonPath).map { Column(definition: column, path: $0) }
    }
    definitions = .array([Self.nameDefinition] + columns.map { Self.definition($0.definition) })
  }

  private static let ageDescription = "When the object was made."
  private static let nameDefinition: JSON = [
    "name": "Name", "type": "string", "format": "name", "description": "The name of the object.", "priority": 0,
  ]

  private static func definition(_ column: PrinterColumn) -> JSON {
    [
      "name": .string(column.name), "type": .string(column.type), "format": "", "description": .string(column.description),
      "priority": .number(JSONNumber(column.priority)),
    ]
  }

  /// - Parameter metadata: of the list.
  func table(of objects: [Resource], metadata: JSON, now: Timestamp) -> JSON {
    [
      "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata, "columnDefinitions": definitions,
      "rows": .array(objects.map { row(of: $0, now: now) }),
    ]
  }

  private func row(of object: Resource, now: Timestamp) -> JSON {
    let json = object.json
    var row: JSONObject = ["cells": .array([.string(object.metadata.name)] + columns.map { Self.cell($0, json, now) })]
    switch included {
    case .none: row["object"] = .null
    case .metadata: row["object"] = PartialObject.json(of: json)
    case .object: row["object"] = json
    }
    return .object(row)
  }

  private static func cell(_ column: Column, _ json: JSON, _ now: Timestamp) -> JSON {
    let values = column.path.values(in: json)
    guard let first = values.first, first != .null else { return .null }
    switch column.definition.type {
    case "date":
      guard let text = first.string, let time = Timestamp(rfc3339: text) else { return "<invalid>" }
      return .string(Age.text(since: time, now: now))
    case "integer": return first.int.map { .number(JSONNumber($0)) } ?? .null
    case "number": return first.double != nil ? first : .null
    case "boolean": return first.bool.map { .bool($0) } ?? .null
    default: return .string(values.map(\.plainText).joined(separator: " "))
    }
  }
}
