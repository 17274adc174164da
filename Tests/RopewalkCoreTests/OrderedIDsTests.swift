import RopewalkCore
import Testing

@Suite struct OrderedIDsTests {
  @Test func sortInTheOrderTheyWereMade() {
    let ids = OrderedIDs()
    let time = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    // The clock stands still, goes on, and is set back.
    let made = (0..<5000).map { ids.next(at: time.advanced(by: .milliseconds($0 == 2000 ? 5 : $0 > 3000 ? -1000 : 0))) }
    #expect(made == made.sorted())
    #expect(Set(made).count == made.count)
    #expect(made.allSatisfy { $0.utf8.count == 26 })
    #expect(made[0].prefix(10) == MessageID.prefix(at: time))
  }
}

extension MessageID {
  fileprivate static func prefix(at time: Timestamp) -> Substring {
    var generator = SystemRandomNumberGenerator()
    return make(at: time, using: &generator).prefix(10)
  }
}
