import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkPipeline

@Suite(.takesTurns) struct FIFOTests {
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
}
