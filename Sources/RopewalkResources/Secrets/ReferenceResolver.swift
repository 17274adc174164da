public import RopewalkCore

/// What `${SECRET:name}` and `${ENV:NAME}` in integration files are filled in from.
public struct ReferenceResolver: Sendable {
  /// What to do about a reference to something that is not there.
  public enum Missing: Sendable {
    /// It is an error: for running.
    case refuse
    /// It is a warning and the text stays as it is: for checking a file on a machine that lacks the secrets.
    case leave
  }

  public var secrets: any SecretSource
  /// The value of an environment variable; nil when it is not set.
  public var environment: @Sendable (String) -> String?
  public var missing: Missing
  /// Where a variable that is not set would be written; nil for the environment itself.
  public var placeOfVariables: String?

  public init(
    secrets: any SecretSource = EnvironmentSecretSource(),
    environment: @escaping @Sendable (String) -> String? = { ProcessEnvironment[$0] },
    missing: Missing = .refuse
  ) {
    self.secrets = secrets
    self.environment = environment
    self.missing = missing
  }
}
