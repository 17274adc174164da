package import RopewalkCore
package import RopewalkResources

/// What a controller says about itself with `metadata`.
package struct ControllerMetadata: Sendable, Equatable {
  package var name: String
  package var version: String
  /// The kinds that it is for, where its manifest names none.
  package var kinds: [KindReference]
  /// What it wants to do, where its manifest does not say.
  package var capabilities: Set<ControllerCapability>

  /// - Throws: `controller.rejected` for an answer that is none.
  init(_ answer: JSON?, of controller: String) throws(RopewalkError) {
    let answer = answer ?? [:]
    func wrong(_ field: String, _ value: JSON, _ expected: String) -> RopewalkError {
      RopewalkError(.controllerRejected, "its metadata has \(field) \(value.text()), which is not \(expected)")
    }
    guard case .object = answer else { throw wrong("as a whole", answer, "a map") }
    name = answer["name"]?.string ?? controller
    version = answer["version"]?.string ?? ""
    kinds = []
    for item in answer["kinds"]?.array ?? [] {
      guard let kind = item.string.flatMap({ KindReference($0) }) else { throw wrong("the kind", item, "such as example.com/v1.Item") }
      kinds.append(kind)
    }
    capabilities = []
    for item in answer["capabilities"]?.array ?? [] {
      guard let capability = item.string.flatMap({ ControllerCapability(rawValue: $0) }) else {
        let known = ControllerCapability.allCases.map(\.rawValue).joined(separator: ", ")
        throw wrong("the capability", item, "one of \(known)")
      }
      capabilities.insert(capability)
    }
  }
}

extension ErrorCode {
  /// The controller answered something that is no answer, or refused.
  package static let controllerRejected = ErrorCode("controller.rejected", .rejected)
}
