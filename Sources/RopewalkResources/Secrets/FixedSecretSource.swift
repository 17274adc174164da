public import RopewalkCore

/// Secrets given by name: the stand-ins of an integration's unit tests.
public struct FixedSecretSource: SecretSource {
  private let values: [String: Secret]
  private let place: String

  /// - Parameter place: where a further one would be written, such as `spec.secrets of invoice-tests.yaml`.
  public init(_ values: [String: Secret], place: String) {
    self.values = values
    self.place = place
  }

  public func secret(named name: String) async throws -> Secret? { values[name] }

  public func place(ofSecretNamed name: String) -> String { "\(place), under \(name)" }
}
