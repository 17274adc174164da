import Testing

@testable import RopewalkNATS

@Suite struct ParkedMessagesTests {
  private func message(_ number: Int) -> Delivered {
    Delivered(subject: "s", payload: [1, 2, 3], reply: "r", sequence: UInt64(number), consumerSequence: 1, deliveries: 1, pending: 0)
  }

  @Test func customersTakeTurnsAndEachKeepsItsOrder() {
    var parked = ParkedMessages()
    for number in 0..<6 { parked.park(message(number), of: "a") }
    for number in 10..<12 { parked.park(message(number), of: "b") }
    #expect(parked.count == 8)
    let first = parked.next(upTo: 4) { _ in 3 }
    #expect(first?.customer == "a")
    #expect(first?.messages.map(\.sequence) == [0, 1, 2])
    #expect(first?.messages.allSatisfy(\.payload.isEmpty) == true)
    // The next ones of `a` must not overtake those that are being fetched.
    #expect(parked.next(upTo: 4) { _ in 3 }?.messages.map(\.sequence) == [10, 11])
    #expect(parked.next(upTo: 4) { _ in 3 } == nil)
    #expect(parked.hasEarlier(of: "b"))
    parked.resumed("b")
    #expect(!parked.hasEarlier(of: "b"))
    parked.resumed("a")
    #expect(parked.next(upTo: 4) { _ in 3 }?.messages.map(\.sequence) == [3, 4, 5])
    #expect(parked.count == 0)
  }

  /// Otherwise the server would hand it out to another node while its payload is long on its way.
  @Test func whatIsBeingFetchedIsHeldToo() {
    var parked = ParkedMessages()
    for number in 0..<3 { parked.park(message(number), of: "a") }
    _ = parked.next(upTo: 2) { _ in 3 }
    #expect(parked.count == 1)
    #expect(parked.all.map(\.sequence).sorted() == [0, 1, 2])
    parked.resumed("a")
    #expect(parked.all.map(\.sequence) == [2])
  }

  @Test func whoeverHasNoRoomWaits() {
    var parked = ParkedMessages()
    parked.park(message(1), of: "full")
    parked.park(message(2), of: "free")
    #expect(parked.next(upTo: 4) { $0 == "full" ? 0 : 1 }?.customer == "free")
    #expect(parked.next(upTo: 4) { $0 == "full" ? 0 : 1 } == nil)
    #expect(parked.removeAll().map(\.sequence) == [1])
    #expect(parked.count == 0 && !parked.hasEarlier(of: "full") && !parked.hasEarlier(of: "free"))
  }
}
