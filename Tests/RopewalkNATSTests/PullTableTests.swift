import Testing

@testable import RopewalkNATS

@Suite struct PullTableTests {
  private func message(_ number: Int) -> Delivered {
    Delivered(subject: "s", payload: [], reply: "r", sequence: UInt64(number), consumerSequence: 1, deliveries: 1, pending: 0)
  }

  /// As a node does that ends while more is here than it took at a time.
  @Test func theRestCanBeTakenHoweverMuchItIs() {
    var table = PullTable(window: 4, expires: .seconds(1))
    for number in 0..<4 { table.arrived(message(number)) }
    #expect(table.take(1).map(\.sequence) == [0])
    #expect(table.take(.max).map(\.sequence) == [1, 2, 3])
    #expect(table.take(.max).isEmpty)
  }
}
