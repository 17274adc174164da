import RopewalkCore
import RopewalkResources
import Synchronization

/// The places of accepted messages that are not settled; opens ``emptied`` when the last one goes after closing time.
final class Admission: Sendable {
  let emptied = Gate()
  private let machine: Mutex<AdmissionStateMachine>
  private let stopwatch: Stopwatch

  init(limits: PipelineLimits, stopwatch: Stopwatch) {
    self.machine = Mutex(AdmissionStateMachine(limits: limits))
    self.stopwatch = stopwatch
  }

  /// Messages accepted and not settled.
  var open: Int { machine.withLock(\.open) }

  func admit(_ customer: String) -> AdmissionStateMachine.Verdict {
    let now = stopwatch.elapsed
    return machine.withLock { $0.admit(customer, at: now) }
  }

  func admitUnasked(_ customer: String) {
    let now = stopwatch.elapsed
    machine.withLock { $0.admitUnasked(customer, at: now) }
  }

  func release(_ customers: some Sequence<String>) {
    let now = stopwatch.elapsed
    let isEmptied = machine.withLock { machine in
      customers.reduce(false) { machine.release($1, at: now) || $0 }
    }
    if isEmptied { emptied.open() }
  }

  func close() {
    if machine.withLock({ $0.close() }) { emptied.open() }
  }
}
