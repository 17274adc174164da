import RopewalkCore
import RopewalkJournal
import Testing

@testable import RopewalkCommands

@Suite struct LetterListTests {
  private static let size = 6 << 20

  private func journal(letters: Int) async throws -> MemoryJournal {
    let journal = MemoryJournal()
    let payload = [UInt8](repeating: 7, count: Self.size)
    for number in 0..<letters {
      let letter = DeadLetter(
        id: "L\(100 + number)",
        messageID: "m\(number)",
        integration: "orders",
        customer: "acme",
        destinations: ["a"],
        stage: DeadLetter.deliveryStage,
        payload: payload,
        originalPayload: payload,
        receivedAt: Timestamp(nanoseconds: 1),
        failedAt: Timestamp(nanoseconds: 2)
      )
      try await journal.settle([], deadLetters: [letter])
    }
    return journal
  }

  /// Pages end where they are large, the list does not; and it holds no payload.
  @Test(arguments: [(9, 50, 9, false), (9, 9, 9, false), (9, 8, 8, true), (9, 1, 1, true), (0, 50, 0, false)])
  func listsAsManyAsAreAskedFor(letters: Int, limit: Int, listed: Int, hasMore: Bool) async throws {
    let list = try await LetterList(DeadLetterQuery(), limit: limit, in: try await journal(letters: letters))
    #expect(list.letters.map(\.id) == (0..<listed).map { "L\(100 + $0)" })
    #expect(list.hasMore == hasMore && list.json["more"] == JSON.bool(hasMore))
    #expect(list.letters.allSatisfy { $0.payload.isEmpty && $0.originalPayload.isEmpty })
    #expect(list.json["letters"]?.array?.map { $0["payloadBytes"]?.int } == Array(repeating: Self.size, count: listed))
  }
}
