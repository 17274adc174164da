package import RopewalkCore
import RopewalkPlugins
import Synchronization
import Wasmtime

/// A controller whose code is WASM. It has one instance for each lane: calls of one lane follow one another, each lane
/// keeps its own memory, and an instance may be dropped and made anew between two calls.
package final class WasmController: Sendable {
  /// Which instance a call is for.
  package enum Lane: Sendable, Hashable {
    case reconciling(Int)
    /// What is asked before an object is written must not wait behind a reconciliation.
    case admission
    /// For `metadata` alone: the controller is not initialised.
    case inspection

    fileprivate var name: String {
      switch self {
      case .reconciling(let number): "reconciling-\(number)"
      case .admission: "admission"
      case .inspection: "inspection"
      }
    }
  }

  private let program: GuestProgram
  private let limits: ControllerLimits
  private let pool: InstancePool
  private let scheduler: WasmScheduler
  private let number: Int
  private let settings: Mutex<[UInt8]>
  /// Counts changes of the settings: an instance that was set up with older ones is not used any more.
  private let settingsVersion = Atomic<Int>(0)
  private let isShutDown = Atomic<Bool>(false)

  /// Which code this is, whatever it is called.
  package var digest: CodeDigest { program.digest }
  package var name: String { program.stepName }

  init(_ program: GuestProgram, limits: ControllerLimits, pool: InstancePool, scheduler: WasmScheduler, number: Int) {
    self.program = program
    self.limits = limits
    self.pool = pool
    self.scheduler = scheduler
    self.number = number
    self.settings = Mutex(program.settingsText)
  }

  /// Makes one call, and answers what the controller did, or nil where it has no such function or said nothing.
  ///
  /// An instance that does not come to the end of a call is thrown away. Cancelling abandons the call.
  /// - Parameter onlyIfLive: makes no instance for it.
  /// - Throws: `RopewalkError` with a code `controller.…`: what the guest failed with, or the limit it met.
  package func call(
    _ call: ControllerCall,
    _ input: JSON,
    in lane: Lane,
    onlyIfLive: Bool = false
  ) async throws(RopewalkError) -> JSON? {
    do throws(LogicError) {
      return try await perform(call, input, in: lane, onlyIfLive: onlyIfLive)
    } catch {
      throw RopewalkError(error.code.ofController, "\(error.message)\(error.backtrace.map { "\n    at \($0)" }.joined())")
    }
  }

  private func perform(_ call: ControllerCall, _ input: JSON, in lane: Lane, onlyIfLive: Bool) async throws(LogicError) -> JSON? {
    let key = InstanceKey(node: number, customerID: "\(lane.name)#\(settingsVersion.load(ordering: .relaxed))")
    let grant: InstanceGrant<GuestInstance>
    do {
      grant = if let ready = pool.tryCheckOut(key) { ready } else { try await pool.checkOut(key) }
    } catch {
      throw LogicError(error == .full ? .stepInstancesExhausted : .stepCancelled, "\(program.name) got no instance in time")
    }
    var instance = grant.instance
    defer {
      pool.checkIn(grant.seat, instance?.isWorthKeeping == true ? instance : nil)
      if isShutDown.load(ordering: .acquiring) { pool.removeIdle(ofNode: number) }
    }
    if instance == nil, onlyIfLive { return nil }
    do throws(GuestError) {
      let timeout = if case .admission = lane { limits.admissionTimeout } else { limits.timeout }
      if instance == nil { instance = try await setUp(lane, within: timeout) }
      guard call != .initialize else { return nil }
      var turn = makeTurn(lane, timeout)
      try await begin(&turn)
      defer { turn.end() }
      return try await answer(of: instance!, call, input, &turn)
    } catch {
      throw error.error
    }
  }

  private func setUp(_ lane: Lane, within timeout: Duration) async throws(GuestError) -> GuestInstance {
    var turn = makeTurn(lane, timeout)
    try await begin(&turn)
    defer { turn.end() }
    let created = try await GuestInstance.create(program, customerID: "", &turn)
    guard lane != .inspection else { return created }
    let settings = settings.withLock(\.self)
    _ = try await answer(of: created, .initialize, bytes: settings, &turn)
    return created
  }

  private func answer(
    of instance: GuestInstance,
    _ call: ControllerCall,
    _ input: JSON,
    _ turn: inout GuestTurn
  ) async throws(GuestError) -> JSON? {
    try await answer(of: instance, call, bytes: input.serialised(), &turn)
  }

  private func answer(
    of instance: GuestInstance,
    _ call: ControllerCall,
    bytes: [UInt8],
    _ turn: inout GuestTurn
  ) async throws(GuestError) -> JSON? {
    let outcome: LogicOutcome?
    if program.script == nil {
      outcome = try await instance.perform(call, Message(id: call.rawValue, payload: bytes), &turn)
    } else {
      let envelope = Array("{\"call\":\"\(call.rawValue)\",\"input\":".utf8) + bytes + [UInt8(ascii: "}")]
      outcome = try await instance.process(
        Message(id: call.rawValue, payload: envelope, contentType: "application/json"),
        &turn
      )
    }
    guard case .replace(let payload, _, _) = outcome, !payload.isEmpty else { return nil }
    do {
      let value = try JSON.parse(payload)
      return value == .null ? nil : value
    } catch {
      throw GuestError(LogicError(.stepRejected, "\(program.name) answered '\(call.rawValue)' with something that is \(error)"))
    }
  }

  /// Gives the controller other settings: every instance is set up anew before its next call.
  package func setSettings(_ settings: JSONObject) {
    self.settings.withLock { $0 = JSON.object(settings).serialised() }
    settingsVersion.wrappingAdd(1, ordering: .relaxed)
    pool.removeIdle(ofNode: number)
  }

  /// Drops the instances. What is asked before a write may still be on its way here; its instance goes with its answer.
  package func shutdown() {
    isShutDown.store(true, ordering: .releasing)
    pool.removeIdle(ofNode: number)
  }

  private func makeTurn(_ lane: Lane, _ timeout: Duration) -> GuestTurn {
    GuestTurn(
      scheduler,
      customer: CustomerKey(tenantID: "controllers", customerID: program.stepName),
      weight: limits.cpuWeight,
      timeout: timeout.wholeNanoseconds
    )
  }

  private func begin(_ turn: inout GuestTurn) async throws(GuestError) {
    if turn.tryBegin() { return }
    do {
      try await turn.begin()
    } catch {
      throw GuestError(LogicError(.stepCancelled, "the call was abandoned before \(program.name) had it"))
    }
  }
}

extension GuestProgram {
  /// The functions that a controller's instance has; none for steps, which have one.
  func calls(of instance: Instance) -> [ControllerCall: Function] {
    guard case .controller = role, script == nil else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: ControllerCall.allCases.compactMap { call in
        (try? instance.function(named: call.rawValue)).map { (call, $0) }
      }
    )
  }
}

extension ErrorCode {
  /// The same failure with a controller where a step would be.
  fileprivate var ofController: ErrorCode {
    name.hasPrefix("step.") ? ErrorCode("controller." + name.dropFirst("step.".count), kind) : self
  }
}
