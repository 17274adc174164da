package import RopewalkCore

/// A change of an object as the API takes it; give `apply` to ``ResourceClient/modify(_:_:options:_:)``.
package enum ResourcePatch: Sendable {
  case json(JSONPatch)
  case merge(JSON)

  /// - Throws: `patch.invalid` when it does not fit; `resource.malformed` when what comes out is no object.
  package func apply(to resource: inout Resource) throws(RopewalkError) {
    let document =
      switch self {
      case .json(let patch): try patch.apply(to: resource.json)
      case .merge(let patch): JSONMergePatch.apply(patch, to: resource.json)
      }
    resource = try Resource(json: document)
  }
}
