import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns) struct FairQueueTests {
  private func key(_ name: String) -> CustomerKey { CustomerKey(tenantID: "default", customerID: name) }

  /// Who had how many of `turns` turns, when everybody always wants one and uses the same time each.
  private func share(_ weights: [String: Int], turns: Int) -> [String: Int] {
    var queue = FairQueue<String>()
    var counts: [String: Int] = [:]
    for name in weights.keys.sorted() { _ = queue.enqueue(name, of: key(name)) }
    for _ in 0..<turns {
      guard let (_, name) = queue.dequeue() else { break }
      counts[name, default: 0] += 1
      queue.charge(key(name), nanoseconds: 1_000_000, weight: weights[name] ?? 1)
      _ = queue.enqueue(name, of: key(name))
    }
    return counts
  }

  @Test func sharesByWeight() {
    let counts = share(["a": 100, "b": 300], turns: 4000)
    #expect((990...1010).contains(counts["a"] ?? 0))
    #expect((2990...3010).contains(counts["b"] ?? 0))
  }

  @Test func starvesNobody() {
    let counts = share(["light": 1, "heavy": 1000, "middle": 10], turns: 10_110)
    #expect((8...12).contains(counts["light"] ?? 0))
    #expect((98...102).contains(counts["middle"] ?? 0))
  }

  @Test func aCustomerIsServedInOrder() {
    var queue = FairQueue<Int>()
    for number in 0..<5 { _ = queue.enqueue(number, of: key("a")) }
    #expect((0..<5).map { _ in queue.dequeue()?.waiter } == [0, 1, 2, 3, 4])
    #expect(queue.dequeue() == nil)
  }

  @Test func absenceEarnsNothing() {
    var queue = FairQueue<String>()
    for _ in 0..<100 {
      _ = queue.enqueue("busy", of: key("busy"))
      _ = queue.dequeue()
      queue.charge(key("busy"), nanoseconds: 1_000_000, weight: 100)
    }
    // One that comes now is ahead by one turn, not by a hundred.
    var order: [String] = []
    for name in ["busy", "new"] { _ = queue.enqueue(name, of: key(name)) }
    for _ in 0..<6 {
      guard let (_, name) = queue.dequeue() else { break }
      order.append(name)
      queue.charge(key(name), nanoseconds: 1_000_000, weight: 100)
      _ = queue.enqueue(name, of: key(name))
    }
    #expect(order.count { $0 == "busy" } >= 2)
    #expect(order.first == "new")
  }

  @Test func whoeverUsedMoreWaitsLonger() {
    var queue = FairQueue<String>()
    for name in ["long", "short"] { _ = queue.enqueue(name, of: key(name)) }
    _ = queue.dequeue()
    _ = queue.dequeue()
    queue.charge(key("long"), nanoseconds: 10_000_000, weight: 100)
    queue.charge(key("short"), nanoseconds: 1_000_000, weight: 100)
    for name in ["long", "short"] { _ = queue.enqueue(name, of: key(name)) }
    #expect(queue.dequeue()?.waiter == "short")
    #expect(queue.dequeue()?.waiter == "long")
  }

  @Test func aRemovedWaiterHasNoTurn() {
    var queue = FairQueue<String>()
    let first = queue.enqueue("first", of: key("a"))
    let second = queue.enqueue("second", of: key("a"))
    let other = queue.enqueue("other", of: key("b"))
    #expect(queue.remove(first) == "first")
    #expect(queue.remove(first) == nil)
    #expect(queue.remove(other) == "other")
    #expect(queue.count == 1)
    #expect(queue.dequeue()?.waiter == "second")
    #expect(queue.remove(second) == nil)
    #expect(queue.dequeue() == nil)
    #expect(queue.count == 0)
  }

  @Test func comesBackAfterBeingRemoved() {
    var queue = FairQueue<String>()
    _ = queue.remove(queue.enqueue("gone", of: key("a")))
    _ = queue.enqueue("back", of: key("a"))
    #expect(queue.dequeue()?.waiter == "back")
    #expect(queue.dequeue() == nil)
  }

  @Test func forgetsCustomersThatDoNotMatter() {
    var queue = FairQueue<Int>()
    for number in 0..<10_000 {
      _ = queue.enqueue(number, of: key("\(number)"))
      _ = queue.dequeue()
      queue.charge(key("\(number)"), nanoseconds: 1, weight: 1000)
      _ = queue.enqueue(number, of: key("steady"))
      _ = queue.dequeue()
      queue.charge(key("steady"), nanoseconds: 1_000_000, weight: 1)
    }
    #expect(queue.accountCount <= 2048)
    queue.forget()
    #expect(queue.accountCount == 0)
  }
}
