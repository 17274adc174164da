/// A value that must not be seen. Printing, logging and interpolating it show `***`.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  private let value: String

  public init(_ value: String) {
    self.value = value
  }

  /// The value itself, for the one place that uses it.
  public func reveal() -> String { value }

  public var description: String { "***" }
  public var debugDescription: String { "***" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where secrets come from: environment variables, or a folder of files as Kubernetes mounts them.
public protocol SecretSource: Sendable {
  /// The secret of that name; nil when there is none.
  /// - Throws: ``RopewalkError`` when it could not be looked up, which is never the same as absent.
  func secret(named name: String) async throws -> Secret?

  /// Where a user would put such a secret, for error messages: `the environment variable ROPEWALK_SECRET_ERP_URL`.
  func place(ofSecretNamed name: String) -> String
}
