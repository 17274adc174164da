/// Where dead letters go: a ``DeadLetterFile``, or what a test collects.
package struct DeadLetters: Sendable {
  private let take: @Sendable ([DeadLetter]) async throws -> Void

  package init(_ take: @escaping @Sendable ([DeadLetter]) async throws -> Void) {
    self.take = take
  }

  /// Takes letters over for good, all or none.
  /// - Throws: when they could not be written; then their messages stay in flight and it is tried again.
  package func append(_ letters: [DeadLetter]) async throws {
    try await take(letters)
  }
}
