package import RopewalkCore
package import RopewalkPlugins
import Synchronization

/// A step whose logic is WASM: one instance for each customer, made on first use and kept warm.
///
/// A failure costs only the message at hand: an instance that did not come to the end of a call is thrown away, and the
/// customer's next message gets a new one.
package final class WasmLogicNode: LogicNode {
  /// Tells nodes apart in the pool.
  private static let lastNumber = Atomic<Int>(0)

  private let program: GuestProgram
  private let pool: InstancePool
  private let scheduler: WasmScheduler
  private let number = WasmLogicNode.nextNumber()

  /// Which code this is, whatever it is called.
  package var digest: CodeDigest { program.digest }

  /// A number for the instances of a node or a controller.
  static func nextNumber() -> Int { lastNumber.wrappingAdd(1, ordering: .relaxed).newValue }

  init(_ program: GuestProgram, pool: InstancePool, scheduler: WasmScheduler) {
    self.program = program
    self.pool = pool
    self.scheduler = scheduler
  }

  package func process(_ message: Message) async throws(LogicError) -> LogicOutcome {
    let customerID = message.metadata.customerID
    let key = InstanceKey(node: number, customerID: customerID)
    let grant = if let ready = pool.tryCheckOut(key) { ready } else { try await checkOut(key) }
    var instance = grant.instance
    defer { pool.checkIn(grant.seat, instance?.isWorthKeeping == true ? instance : nil) }
    do throws(GuestError) {
      var turn = makeTurn(customerID)
      if !turn.tryBegin() { try await begin(&turn) }
      defer { turn.end() }
      if let instance { return try await instance.process(message, &turn) }
      let created = try await GuestInstance.create(program, customerID: customerID, &turn)
      instance = created
      return try await created.process(message, &turn)
    } catch {
      throw error.error
    }
  }

  /// Sets up an instance of nobody's and throws it away, to see whether it can be done.
  func tryOut() async throws(GuestError) {
    var turn = makeTurn("")
    try await begin(&turn)
    defer { turn.end() }
    _ = try await GuestInstance.create(program, customerID: "", &turn)
  }

  package func shutdown() async {
    pool.removeIdle(ofNode: number)
  }

  private func makeTurn(_ customerID: String) -> GuestTurn {
    let customer = CustomerKey(tenantID: program.tenantID, customerID: customerID)
    return GuestTurn(scheduler, customer: customer, weight: program.limits.cpuWeight, timeout: program.timeout)
  }

  // These two are kept out of `process`, as is what ``GuestInstance`` seldom needs.
  @inline(never)
  private func begin(_ turn: inout GuestTurn) async throws(GuestError) {
    do {
      try await turn.begin()
    } catch {
      throw GuestError(abandoned)
    }
  }

  @inline(never)
  private func checkOut(_ key: InstanceKey) async throws(LogicError) -> InstanceGrant<GuestInstance> {
    do {
      return try await pool.checkOut(key)
    } catch {
      switch error {
      case .cancelled: throw abandoned
      case .full:
        throw LogicError(
          .stepInstancesExhausted,
          "all \(program.processLimits.liveInstances) instances are busy and \(program.processLimits.waitingForInstance) messages wait for one"
        )
      }
    }
  }

  private var abandoned: LogicError {
    LogicError(.stepCancelled, "the message was abandoned before \(program.name) had it")
  }
}
