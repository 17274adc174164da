import RopewalkCore
import Testing

@Suite struct QueueTests {
  @Test func isFirstInFirstOut() {
    var queue = FIFO<Int>()
    var model: [Int] = []
    var generator = SeededGenerator(seed: 3)
    for number in 0..<10_000 {
      switch Int.random(in: 0..<5, using: &generator) {
      case 0, 1:
        queue.append(number)
        model.append(number)
      case 2 where number % 7 == 0:
        queue.prepend(number)
        model.insert(number, at: 0)
      default:
        #expect(queue.first == model.first)
        #expect(queue.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
      }
      #expect(queue.count == model.count)
      #expect(queue.isEmpty == model.isEmpty)
    }
  }

  /// The first numbers of SplitMix64 for the seed 1234567, as published with the reference implementation.
  @Test func seededNumbersAreTheOnesOfTheReference() {
    var generator = SeededGenerator(seed: 1_234_567)
    #expect((0..<3).map { _ in generator.next() } == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }
}
