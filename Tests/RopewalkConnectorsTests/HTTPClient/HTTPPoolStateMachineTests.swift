import Testing

@testable import RopewalkConnectors

struct HTTPPoolStateMachineTests {
  private final class Line: Sendable {}
  private typealias Pool = HTTPPoolStateMachine<Line, Int>

  /// A pool with that many idle connections.
  private func pool(idle: Int, maxConnections: Int = 4) -> (Pool, [Line]) {
    var pool = Pool(maxConnections: maxConnections, maxWaiting: 2)
    let lines = (0..<idle).map { _ in Line() }
    for line in lines {
      #expect(acquire(from: &pool, "acme") == nil)
      _ = pool.opened(line)
    }
    for line in lines { _ = pool.becameIdle(line) }
    return (pool, lines)
  }

  /// The idle connection that is got; nil where one is to be opened.
  private func acquire(from pool: inout Pool, _ customer: String) -> Line? {
    switch pool.acquire(0, for: customer, preferring: { _ in true }) {
    case .use(let line): return line
    case .connect: return nil
    case let other:
      Issue.record("\(other)")
      return nil
    }
  }

  @Test func whoEndedConnectionsOpensAsManyAnew() {
    var (pool, lines) = pool(idle: 2)
    // One of the two is lost with what `bad` sent.
    #expect(acquire(from: &pool, "bad") === lines[1])
    pool.ended(by: "bad")
    _ = pool.closed(lines[1])
    #expect(acquire(from: &pool, "bad") == nil)
    #expect(acquire(from: &pool, "good") === lines[0])
    _ = pool.becameIdle(lines[0])
    // With that it is quits.
    #expect(acquire(from: &pool, "bad") === lines[0])
  }

  @Test func whereNoMoreMayBeOpenThereIsNoDebt() {
    var (pool, lines) = pool(idle: 2, maxConnections: 2)
    pool.ended(by: "bad")
    #expect(acquire(from: &pool, "bad") === lines[1])
    _ = pool.closed(lines[1])
    #expect(acquire(from: &pool, "bad") == nil)
  }

  @Test func whatIsRememberedOfCustomersIsBounded() {
    var (pool, lines) = pool(idle: 1)
    for number in 0..<Pool.maxDebtors { pool.ended(by: "customer \(number)") }
    #expect(acquire(from: &pool, "customer 7") == nil)
    for number in 0..<Pool.maxDebtors { pool.ended(by: "other \(number)") }
    #expect(acquire(from: &pool, "customer 8") === lines[0])
  }
}
