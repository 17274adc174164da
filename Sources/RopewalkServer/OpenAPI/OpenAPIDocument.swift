import RopewalkCore
import RopewalkResources

/// The description of the API that `kubectl explain` shows and that `kubectl` checks before it sends anything.
struct OpenAPIDocument {
  private let types: [ResourceType]

  init(_ types: [ResourceType]) {
    self.types = types
  }

  private static let info: JSON = ["title": "Ropewalk", "version": .string(RopewalkVersion.current)]

  /// `/openapi/v3`: where the documents are.
  /// - Parameter discovery: of the same types.
  static func index(_ discovery: Discovery, _ hash: (Discovery.GroupVersion) -> String) -> JSON {
    var paths = JSONObject()
    for entry in discovery.groupVersions {
      let path = entry.group.isEmpty ? "api/\(entry.version)" : "apis/\(entry.group)/\(entry.version)"
      paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)?hash=\(hash(entry))")]
    }
    return ["paths": .object(paths)]
  }

  /// OpenAPI 3.0 of one group and version.
  func version3(group: String, version: String) -> JSON {
    let own = types.filter { $0.group == group && $0.version == version }
    return [
      "openapi": "3.0.0", "info": Self.info,
      "paths": .object(paths(of: own) { ["content": ["application/json": ["schema": $0]]] }),
      "components": ["schemas": .object(OpenAPISchemas.schemas(of: own, prefix: "#/components/schemas/"))],
    ]
  }

  /// Swagger 2.0 of everything, for clients that ask for it.
  func version2() -> JSON {
    [
      "swagger": "2.0", "info": Self.info,
      "paths": .object(paths(of: types) { ["schema": $0] }),
      "definitions": .object(OpenAPISchemas.schemas(of: types, prefix: "#/definitions/")),
    ]
  }

  private func paths(of types: [ResourceType], _ content: (JSON) -> JSONObject) -> JSONObject {
    var paths = JSONObject()
    for type in types {
      let base = type.group.isEmpty ? "/api/\(type.version)" : "/apis/\(type.group)/\(type.version)"
      let collection = base + (type.isNamespaced ? "/namespaces/{namespace}/" : "/") + type.plural
      let prefix = content([:])["schema"] == nil ? "#/components/schemas/" : "#/definitions/"
      let schema: JSON = ["$ref": .string(prefix + OpenAPISchemas.name(of: type))]
      let list: JSON = ["$ref": .string(prefix + OpenAPISchemas.name(of: type) + "List")]
      paths[collection] = .object(collectionPath(type, answer: content(schema), list: content(list)))
      paths[collection + "/{name}"] = .object(objectPath(type, answer: content(schema)))
    }
    return paths
  }

  private func collectionPath(_ type: ResourceType, answer: JSONObject, list: JSONObject) -> JSONObject {
    [
      "get": Self.operation(
        "list",
        type,
        list,
        query: ["labelSelector", "fieldSelector", "limit", "continue", "watch", "resourceVersion"]
      ),
      "post": Self.operation("post", type, answer, query: Self.writeParameters),
      "delete": Self.operation("deletecollection", type, answer, query: ["labelSelector", "fieldSelector", "dryRun"]),
    ]
  }

  private func objectPath(_ type: ResourceType, answer: JSONObject) -> JSONObject {
    [
      "get": Self.operation("get", type, answer, query: []),
      "put": Self.operation("put", type, answer, query: Self.writeParameters),
      "patch": Self.operation("patch", type, answer, query: Self.writeParameters + ["force"]),
      "delete": Self.operation("delete", type, answer, query: ["dryRun", "propagationPolicy", "gracePeriodSeconds"]),
    ]
  }

  private static let writeParameters = ["dryRun", "fieldManager", "fieldValidation"]

  private static func operation(_ action: String, _ type: ResourceType, _ answer: JSONObject, query: [String]) -> JSON {
    var ok: JSONObject = ["description": "OK"]
    for member in answer.members { ok[member.key] = member.value }
    let isVersion2 = answer["schema"] != nil
    let parameters = query.map { name -> JSON in
      isVersion2
        ? ["name": .string(name), "in": "query", "type": "string", "uniqueItems": true]
        : ["name": .string(name), "in": "query", "schema": ["type": "string", "uniqueItems": true]]
    }
    return [
      "operationId": .string("\(action)\(type.version)\(type.kind)\(type.group.filter { $0 != "." })"),
      "x-kubernetes-action": .string(action),
      "x-kubernetes-group-version-kind": OpenAPISchemas.identity(of: type),
      "parameters": .array(parameters),
      "responses": ["200": .object(ok)],
    ]
  }
}
