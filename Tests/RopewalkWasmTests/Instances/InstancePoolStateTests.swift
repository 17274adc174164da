import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns) struct InstancePoolStateTests {
  private typealias Pool = InstancePoolState<String, String>

  private func key(_ customer: String, node: Int = 1) -> InstanceKey { InstanceKey(node: node, customerID: customer) }

  private func pool(_ instances: Int, waiting: Int = 10) -> Pool {
    Pool(limits: .init(instances: instances, waiting: waiting))
  }

  /// Uses the customer's instance once, making it where there is none.
  private func use(_ pool: inout Pool, _ customer: String) -> InstanceGrant<String>? {
    guard let grant = pool.tryCheckOut(key(customer)) else { return nil }
    _ = pool.checkIn(grant.seat, grant.instance ?? "instance of \(customer)")
    return grant
  }

  private func checkOut(_ pool: inout Pool, _ customer: String, node: Int = 1) throws -> InstanceGrant<String> {
    let grant = pool.tryCheckOut(key(customer, node: node))
    return try #require(grant)
  }

  /// Checks in, and gives whoever waited.
  private func checkIn(
    _ pool: inout Pool,
    _ seat: InstanceSeat,
    _ instance: String?
  ) throws -> (waiter: String, grant: InstanceGrant<String>) {
    let next = pool.checkIn(seat, instance)
    return try #require(next)
  }

  @Test func anInstanceIsMadeOnceAndKept() {
    var pool = pool(2)
    #expect(use(&pool, "a")?.instance == nil)
    #expect(use(&pool, "a")?.instance == "instance of a")
    #expect(pool.live == 1)
  }

  @Test func theLeastRecentlyUsedMakesRoom() {
    var pool = pool(2)
    _ = use(&pool, "a")
    _ = use(&pool, "b")
    _ = use(&pool, "a")
    #expect(use(&pool, "c")?.evicted == "instance of b")
    #expect(pool.live == 2)
    #expect(use(&pool, "a")?.instance == "instance of a")
    #expect(use(&pool, "b")?.evicted == "instance of c")
  }

  @Test func aBusyInstanceIsNeverEvicted() throws {
    var pool = pool(2)
    let busy = try checkOut(&pool, "a")
    _ = use(&pool, "b")
    #expect(use(&pool, "c")?.evicted == "instance of b")
    #expect(use(&pool, "d")?.evicted == "instance of c")
    _ = pool.checkIn(busy.seat, "instance of a")
    #expect(use(&pool, "a")?.instance == "instance of a")
  }

  @Test func callsOfOneCustomerFollowOneAnother() throws {
    var pool = pool(2)
    let first = try checkOut(&pool, "a")
    guard case .waits = pool.checkOut(key("a"), "second"), case .waits = pool.checkOut(key("a"), "third") else {
      Issue.record("the instance is busy")
      return
    }
    let second = try checkIn(&pool, first.seat, "x")
    #expect(second.waiter == "second")
    #expect(second.grant.instance == "x")
    // The second one's call broke the instance: the third makes a new one on the same seat.
    let third = try checkIn(&pool, second.grant.seat, nil)
    #expect(third.waiter == "third")
    #expect(third.grant.instance == nil)
    #expect(pool.checkIn(third.grant.seat, nil) == nil)
    #expect(pool.live == 0)
  }

  @Test func whoFindsAllBusyWaitsForASeat() throws {
    var pool = pool(1)
    let first = try checkOut(&pool, "a")
    guard case .waits = pool.checkOut(key("b"), "b"), case .waits = pool.checkOut(key("b"), "b again") else {
      Issue.record("the only seat is taken")
      return
    }
    let next = try checkIn(&pool, first.seat, "instance of a")
    #expect(next.waiter == "b")
    #expect(next.grant.evicted == "instance of a")
    // Its second message waits for the same instance, not for another seat.
    let again = try checkIn(&pool, next.grant.seat, "instance of b")
    #expect(again.waiter == "b again")
    #expect(again.grant.instance == "instance of b")
    #expect(pool.waiting == 0)
  }

  @Test func waitingIsBounded() throws {
    var pool = pool(1, waiting: 1)
    _ = try checkOut(&pool, "a")
    guard case .waits(let ticket) = pool.checkOut(key("b"), "b"), case .full = pool.checkOut(key("c"), "c") else {
      Issue.record("one may wait, two may not")
      return
    }
    #expect(pool.cancel(ticket) == "b")
    #expect(pool.cancel(ticket) == nil)
    guard case .waits = pool.checkOut(key("a"), "a again") else {
      Issue.record("there is room to wait again")
      return
    }
  }

  @Test func aCancelledWaiterIsPassedOver() throws {
    var pool = pool(1)
    let first = try checkOut(&pool, "a")
    guard case .waits(let ticket) = pool.checkOut(key("a"), "second") else {
      Issue.record("the instance is busy")
      return
    }
    #expect(pool.cancel(ticket) == "second")
    #expect(pool.checkIn(first.seat, "x") == nil)
    #expect(use(&pool, "a")?.instance == "x")
  }

  @Test func aNodeTakesItsIdleInstancesWithIt() throws {
    var pool = pool(5)
    _ = use(&pool, "a")
    _ = use(&pool, "b")
    let other = try checkOut(&pool, "a", node: 2)
    _ = pool.checkIn(other.seat, "of another node")
    #expect(pool.removeIdle(ofNode: 1).sorted() == ["instance of a", "instance of b"])
    #expect(pool.live == 1)
    #expect(pool.tryCheckOut(key("a", node: 2))?.instance == "of another node")
  }
}
