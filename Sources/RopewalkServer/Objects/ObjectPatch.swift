import HTTPTypes
import RopewalkCore
import RopewalkResources

/// The change that the body of a request describes.
struct ObjectPatch: Sendable {
  private enum Change: Sendable {
    case json(JSONPatch)
    case merge(JSON)
    case strategicMerge(JSON)
    case apply(ApplyPatch)
  }

  private let change: Change

  /// - Throws: 400 or 415 when it is no patch that is understood, `patch.invalid`.
  init(_ call: ObjectCall, _ warnings: WarningList) throws {
    let kind = try PatchKind(call.request.contentType)
    let document = try Self.document(call, kind, warnings)
    switch kind {
    case .json: change = .json(try JSONPatch(document))
    case .merge: change = .merge(try Self.object(document))
    case .strategicMerge: change = .strategicMerge(try Self.object(document))
    case .apply:
      guard let manager = call.request.query["fieldManager"] else { throw StatusError.badRequest("fieldManager is needed for an apply") }
      let time = Timestamp.now.rfc3339Seconds
      change = .apply(
        ApplyPatch(wanted: try Self.object(document), manager: manager, apiVersion: call.type.apiVersion, time: time)
      )
    }
  }

  /// What is sent as YAML for an apply is mostly JSON.
  private static func document(_ call: ObjectCall, _ kind: PatchKind, _ warnings: WarningList) throws(StatusError) -> JSON {
    var request = call.request
    let isJSON = request.body.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }.map { $0 == UInt8(ascii: "{") } ?? false
    if kind == .apply, isJSON { request.headers[.contentType] = MediaType.json }
    return try RequestDocument.read(request, try call.fieldValidation, warnings)
  }

  private static func object(_ document: JSON) throws(StatusError) -> JSON {
    guard document.object != nil else { throw .badRequest("the patch is \(document.typeName) where a map should be") }
    return document
  }

  /// Whether an object that is not there is made.
  var createsMissing: Bool { if case .apply = change { true } else { false } }

  /// - Throws: `patch.invalid` when it does not fit.
  func apply(to object: Resource) throws(RopewalkError) -> JSON {
    switch change {
    case .json(let patch): try patch.apply(to: object.json)
    case .merge(let patch): JSONMergePatch.apply(patch, to: object.json)
    case .strategicMerge(let patch): StrategicMergePatch.apply(patch, to: object.json)
    case .apply(let patch): patch.apply(to: object.json)
    }
  }

  /// The object that an apply makes where there is none.
  func newDocument(_ call: ObjectCall) -> JSON {
    guard case .apply(let patch) = change else { return [:] }
    return patch.apply(to: ["apiVersion": .string(call.type.apiVersion), "kind": .string(call.type.kind), "metadata": [:]])
  }
}
