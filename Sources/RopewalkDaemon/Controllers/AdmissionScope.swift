import RopewalkControllers
import RopewalkCore
import RopewalkResources

/// The writes that a controller has a say in: those of its own kinds, and with the capability `admission` those of every
/// kind that it is allowed. Events are only written down.
///
/// Controllers and definitions of kinds are let through, so that what is wrong can be mended, and what Ropewalk itself
/// writes: no controller can keep a server from starting.
struct AdmissionScope: Sendable {
  private static let open: Set<ResourceCollection> = [.controllers, .customResourceDefinitions]

  let own: [KindReference]
  private let granted: ControllerGrants?
  /// Nil for all of them.
  private let namespaces: [String]?

  init(own: [KindReference], capabilities: Set<ControllerCapability>, grants: ControllerGrants?) {
    self.own = own
    granted = capabilities.contains(.admission) ? grants : nil
    namespaces = grants?.namespaces
  }

  func contains(_ request: AdmissionRequest) -> Bool {
    request.part == .main && request.subject != .system && !Self.open.contains(request.key.collection) && contains(request.type)
      && (request.key.namespace.isEmpty || namespaces?.contains(request.key.namespace) ?? true)
  }

  func contains(_ type: ResourceType) -> Bool {
    isOwn(type) || type.collection != .events && granted?.allows(type.collection) == true
  }

  /// In any version.
  private func isOwn(_ type: ResourceType) -> Bool {
    own.contains { $0.kind == type.kind && $0.group == type.group }
  }
}

extension KindReference {
  fileprivate var group: String { apiVersion.firstIndex(of: "/").map { String(apiVersion[..<$0]) } ?? "" }
}

extension AdmissionStep {
  static func name(ofController name: String) -> String { "controller/\(name)" }

  /// Refuses what a controller must have a say in that does not run; nil where it may be ignored, or where its object does not
  /// say what it is for.
  init?(waitingFor object: Resource) {
    let spec = object.spec ?? .null
    let (config, security) = (spec["config"], spec["security"])
    let capabilities = Set(Self.words(config?["capabilities"]).compactMap(ControllerCapability.init))
    guard spec["failurePolicy"]?.string ?? FailurePolicy.fail.rawValue == FailurePolicy.fail.rawValue,
      !capabilities.isDisjoint(with: [.validation, .defaulting, .admission])
    else { return nil }
    let scope = AdmissionScope(
      own: Self.words(config?["for_types"]).compactMap(KindReference.init),
      capabilities: capabilities,
      grants: ControllerGrants(
        resources: Self.words(security?["allowedResources"]),
        verbs: [],
        namespaces: security?["allowedNamespaces"].map(Self.words).flatMap { $0.contains("*") ? nil : $0 }
      )
    )
    let name = object.metadata.name
    self.init(name: Self.name(ofController: name))
    validate = { _ in
      throw RopewalkError(
        .resourceAdmissionWaits,
        "the controller '\(name)' must look at this and does not run yet: 'kubectl describe controller \(name)' says why; "
          + "with failurePolicy: Ignore it is not waited for"
      )
    }
    isConcerned = { scope.contains($0) }
  }

  private static func words(_ list: JSON?) -> [String] { list?.array?.compactMap(\.string) ?? [] }
}
