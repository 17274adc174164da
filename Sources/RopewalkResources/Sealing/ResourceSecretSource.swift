package import RopewalkCore

extension ResourceRegistry {
  /// The values of a Secret, for those in the process who use them; the API never gives them out.
  /// - Throws: `resource.notFound`; `secret.key` and `secret.sealed` when they cannot be decrypted.
  package func secretValues(_ key: ResourceKey) async throws -> [String: Secret] {
    guard let stored = try await store.get(key) else { throw RopewalkError.notFound(key) }
    return try SealedSecret.values(ofStored: stored, with: sealing).mapValues { bytes in Secret(String(decoding: bytes, as: UTF8.self)) }
  }
}

/// Fills in `${SECRET:…}` from the Secrets of one namespace.
///
/// `erp_url` and `erp-url` mean the Secret `erp-url`: its value `value`, or its only one. `erp-url.token` means the value
/// `token` of it. What is not there is looked for in another source.
package struct ResourceSecretSource: SecretSource {
  private let registry: ResourceRegistry
  private let namespace: String
  private let fallback: (any SecretSource)?

  package init(_ registry: ResourceRegistry, namespace: String, fallback: (any SecretSource)? = nil) {
    self.registry = registry
    self.namespace = namespace
    self.fallback = fallback
  }

  package func secret(named name: String) async throws -> Secret? {
    try SecretName.check(name)
    let (object, key) = Self.place(name)
    do {
      let values = try await registry.secretValues(ResourceKey(.secrets, namespace: namespace, name: object))
      if let key {
        if let value = values[key] { return value }
      } else if let value = values["value"] ?? (values.count == 1 ? values.values.first : nil) {
        return value
      }
    } catch let error as RopewalkError where error.code == .resourceNotFound {}
    // Whoever may write objects must not be given the key that all Secrets are encrypted with.
    guard !SealingKeys.isName(name) else { return nil }
    return try await fallback?.secret(named: name)
  }

  private static func place(_ name: String) -> (object: String, key: String?) {
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    let object = String((parts.first ?? name).lowercased().map { $0 == "_" ? "-" : $0 })
    return (object, parts.count == 2 ? parts[1] : nil)
  }

  package func place(ofSecretNamed name: String) -> String {
    let (object, key) = Self.place(name)
    let here = "the Secret \(object) in the namespace \(namespace), key \(key ?? "value")"
    return fallback.map { "\(here), or \($0.place(ofSecretNamed: name))" } ?? here
  }
}
