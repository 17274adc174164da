import RopewalkCore
import RopewalkResources
import RopewalkWasm

/// A WASM controller's say in writes.
struct ControllerAdmission: Sendable {
  let controller: WasmController
  let capabilities: Set<ControllerCapability>
  let manifest: ControllerManifest
  let scope: AdmissionScope

  /// Nil where it has no say.
  var step: AdmissionStep? {
    let validates = capabilities.contains(.validation) || capabilities.contains(.admission)
    guard validates || capabilities.contains(.defaulting) else { return nil }
    var step = AdmissionStep(
      name: AdmissionStep.name(ofController: manifest.name),
      // The guest's own limit strikes first, and tells more.
      timeLimit: manifest.limits.admissionTimeout + .seconds(1),
      failurePolicy: manifest.failurePolicy == .fail ? .fail : .ignore
    )
    step.isConcerned = { [scope] in scope.contains($0) }
    if capabilities.contains(.defaulting) { step.setDefaults = { try await self.setDefaults($0) } }
    if validates { step.validate = { try await self.problems($0) } }
    return step
  }

  private func setDefaults(_ request: AdmissionRequest) async throws -> Resource {
    guard let answer = try await controller.call(.setDefaults, input(request), in: .admission), let object = answer["object"]
    else { return request.object }
    return try Resource(json: object)
  }

  private func problems(_ request: AdmissionRequest) async throws -> [InvalidField] {
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
