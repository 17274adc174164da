import RopewalkCore
import RopewalkResources
import RopewalkWasm

/// A WASM controller's say in writes.
struct ControllerAdmission: Sendable {
  let controller: WasmController
  let capabilities: Set<ControllerCapability>
  let manifest: ControllerManifest

  /// - Parameter own: the controller's kinds. With `admission` it has a say in every kind that it is granted.
  /// - Returns: nil where it has no say.
  func step(own: Set<ResourceCollection>) -> AdmissionStep? {
    let validates = capabilities.contains(.validation) || capabilities.contains(.admission)
    guard validates || capabilities.contains(.defaulting) else { return nil }
    let all = capabilities.contains(.admission) && manifest.grants?.resources.contains("*") == true
    var step = AdmissionStep(
      name: "controller/\(manifest.name)",
      collections: all ? nil : own,
      // The guest's own limit strikes first, and tells more.
      timeLimit: manifest.limits.admissionTimeout + .seconds(1),
      failurePolicy: manifest.failurePolicy == .fail ? .fail : .ignore
    )
    if capabilities.contains(.defaulting) { step.setDefaults = { try await self.setDefaults($0) } }
    if validates { step.validate = { try await self.problems($0) } }
    return step
  }

  private func setDefaults(_ request: AdmissionRequest) async throws -> Resource {
    guard request.part == .main, request.operation != .delete,
      let answer = try await controller.call(.setDefaults, input(request), in: .admission), let object = answer["object"]
    else { return request.object }
    return try Resource(json: object)
  }

  private func problems(_ request: AdmissionRequest) async throws -> [InvalidField] {
    guard request.part == .main, request.operation != .delete else { return [] }
    let call: ControllerCall = request.old == nil ? .validateCreate : .validateUpdate
    guard let answer = try await controller.call(call, input(request), in: .admission) else { return [] }
    let causes = (answer["causes"]?.array ?? []).map { cause in
      InvalidField(cause["field"]?.string ?? "", .invalid, cause["message"]?.string ?? "refused")
    }
    if !causes.isEmpty { return causes }
    guard answer["allowed"]?.bool == false else { return [] }
    return [InvalidField("", .forbidden, answer["message"]?.string ?? "refused by the controller '\(manifest.name)'")]
  }

  private func input(_ request: AdmissionRequest) -> JSON {
    var input: JSONObject = [
      "operation": .string(request.operation.rawValue),
      "object": request.object.json,
      "dryRun": .bool(request.isDryRun),
    ]
    if let old = request.old { input["oldObject"] = old.json }
    if capabilities.contains(.admission) {
      input["subject"] = ["name": .string(request.subject.name), "groups": .array(request.subject.groups.map { .string($0) })]
    }
    return .object(input)
  }
}
