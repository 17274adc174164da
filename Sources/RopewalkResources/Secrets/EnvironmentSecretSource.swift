public import RopewalkCore

/// Secrets from environment variables: `erp_url` is `ROPEWALK_SECRET_ERP_URL`.
///
/// Letters become capitals, `-` and `.` become `_`; `erp-url` and `erp_url` therefore share one variable.
public struct EnvironmentSecretSource: SecretSource {
  public static let prefix = "ROPEWALK_SECRET_"

  private let lookUp: @Sendable (String) -> String?

  /// - Parameter lookUp: the value of an environment variable; nil when it is not set.
  public init(lookUp: @escaping @Sendable (String) -> String? = { ProcessEnvironment[$0] }) {
    self.lookUp = lookUp
  }

  /// The variable's value; an empty one counts as set.
  /// - Throws: ``ErrorCode/secretName`` for a name that no secret can have.
  public func secret(named name: String) async throws -> Secret? {
    try SecretName.check(name)
    return lookUp(Self.variable(forSecretNamed: name)).map { Secret($0) }
  }

  public func place(ofSecretNamed name: String) -> String {
    "the environment variable \(Self.variable(forSecretNamed: name))"
  }

  public static func variable(forSecretNamed name: String) -> String {
    prefix + String(name.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
  }
}
