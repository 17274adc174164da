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
      "paths": .object(paths(of: own, .version3)),
      "components": ["schemas": .object(OpenAPISchemas.schemas(of: own, prefix: Form.version3.prefix))],
    ]
  }

  /// Swagger 2.0 of everything, for clients that ask for it.
  func version2() -> JSON {
    [
      "swagger": "2.0", "info": Self.info,
      "paths": .object(paths(of: types, .version2)),
      "definitions": .object(OpenAPISchemas.schemas(of: types, prefix: Form.version2.prefix)),
    ]
  }

  private enum Form {
    case version2, version3

    /// Of references.
    var prefix: String { self == .version2 ? "#/definitions/" : "#/components/schemas/" }

    /// What an answer with such a body is.
    func answer(_ name: String) -> JSON {
      let schema: JSON = ["$ref": .string(prefix + name)]
      switch self {
      case .version2: return ["description": "OK", "schema": schema]
      case .version3: return ["description": "OK", "content": ["application/json": ["schema": schema]]]
      }
    }

    func parameter(_ name: String) -> JSON {
      switch self {
      case .version2: ["name": .string(name), "in": "query", "type": "string", "uniqueItems": true]
      case .version3: ["name": .string(name), "in": "query", "schema": ["type": "string", "uniqueItems": true]]
      }
    }
  }

  private func paths(of types: [ResourceType], _ form: Form) -> JSONObject {
    var paths = JSONObject()
    for type in types {
      let base = type.group.isEmpty ? "/api/\(type.version)" : "/apis/\(type.group)/\(type.version)"
      let collection = base + (type.isNamespaced ? "/namespaces/{namespace}/" : "/") + type.plural
      paths[collection] = collectionPath(type, form)
      paths[collection + "/{name}"] = objectPath(type, form)
    }
    return paths
  }

  private func collectionPath(_ type: ResourceType, _ form: Form) -> JSON {
    let name = OpenAPISchemas.name(of: type)
    let selecting = ["labelSelector", "fieldSelector"]
    let listing = selecting + ["limit", "continue", "watch", "resourceVersion"]
    return [
      "get": Self.operation("list", type, form.answer(name + "List"), listing, form),
      "post": Self.operation("post", type, form.answer(name), Self.writeParameters, form),
      "delete": Self.operation("deletecollection", type, form.answer(name + "List"), selecting + ["dryRun"], form),
    ]
  }

  private func objectPath(_ type: ResourceType, _ form: Form) -> JSON {
    let answer = form.answer(OpenAPISchemas.name(of: type))
    return [
      "get": Self.operation("get", type, answer, [], form),
      "put": Self.operation("put", type, answer, Self.writeParameters, form),
      "patch": Self.operation("patch", type, answer, Self.writeParameters + ["force"], form),
      "delete": Self.operation("delete", type, answer, ["dryRun", "propagationPolicy", "gracePeriodSeconds"], form),
    ]
  }

  private static let writeParameters = ["dryRun", "fieldManager", "fieldValidation"]

  private static func operation(_ action: String, _ type: ResourceType, _ answer: JSON, _ query: [String], _ form: Form) -> JSON {
    [
      "operationId": .string("\(action)\(type.version)\(type.kind)\(type.group.filter { $0 != "." })"),
      "x-kubernetes-action": .string(action),
      "x-kubernetes-group-version-kind": OpenAPISchemas.identity(of: type),
      "parameters": .array(query.map(form.parameter)),
      "responses": ["200": answer],
    ]
  }
}
