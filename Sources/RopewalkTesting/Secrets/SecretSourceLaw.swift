package import RopewalkCore
import RopewalkResources
import Testing

/// The conformance suite of the ``SecretSource`` seam: the tests of each source that looks outside run every law, on one
/// that has the secret ``name`` with ``value``, and no other.
package enum SecretSourceLaw: String, CaseIterable, Sendable {
  case whatIsThereIsFound
  case whatIsAbsentIsNil
  case namesThatAreNoneAreRefused
  case placesAreTold
  case valuesAreNotShown

  package static let name = "erp_url"
  package static let value = "https://erp.example/orders?key=7f3a"

  /// Records an issue for each way in which the source breaks the law.
  package func verify(_ source: any SecretSource) async throws {
    switch self {
    case .whatIsThereIsFound:
      for _ in 0..<2 { #expect(try await source.secret(named: Self.name)?.reveal() == Self.value) }
    case .whatIsAbsentIsNil:
      for name in ["erp", "erp_url_2", "x"] { #expect(try await source.secret(named: name) == nil) }
    case .namesThatAreNoneAreRefused:
      for name in ["", ".", "..", "../\(Self.name)", "a/b", "..data", "a\u{0}", "ä", "a b", String(repeating: "a", count: 254)] {
        let error = await #expect(throws: RopewalkError.self, "\(name)") { try await source.secret(named: name) }
        #expect(error?.code == .secretName)
      }
    case .placesAreTold:
      let (place, other) = (source.place(ofSecretNamed: Self.name), source.place(ofSecretNamed: "absent"))
      #expect(!place.isEmpty && !other.isEmpty && place != other)
      #expect(!place.contains(Self.value))
    case .valuesAreNotShown:
      let secret = try #require(try await source.secret(named: Self.name))
      for text in ["\(secret)", String(reflecting: secret), "\([secret])"] { #expect(!text.contains(Self.value)) }
    }
  }
}
