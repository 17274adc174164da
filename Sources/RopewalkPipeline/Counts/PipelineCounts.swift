import RopewalkJournal
import Synchronization

/// The running counts of one integration, by customer.
final class PipelineCounts: Sendable {
  private struct Customers {
    var tallies: [String: Tally] = [:]
    let further = Tally()
  }

  private let customers = Mutex(Customers())
  private let latency = Mutex(LatencyHistogram())
  private let maxCustomers: Int

  init(maxCustomers: Int) {
    self.maxCustomers = maxCustomers
  }

  /// The counts of a customer; of the empty name, those of messages without one. Further customers are counted together, as
  /// ``LedgerEntry/furtherCustomers``.
  func tally(for customer: String) -> Tally {
    customers.withLock { customers in
      if let tally = customers.tallies[customer] { return tally }
      guard customers.tallies.count < maxCustomers, customer != LedgerEntry.furtherCustomers else { return customers.further }
      let tally = Tally()
      customers.tallies[customer] = tally
      return tally
    }
  }

  func record(_ endings: ArraySlice<Ending>) {
    latency.withLock { latency in
      for ending in endings {
        switch ending.outcome {
        case .delivered:
          ending.accepted.tally.delivered.count()
          latency.record(ending.endedAt - ending.accepted.acceptedAt)
        case .filtered: ending.accepted.tally.filtered.count()
        case .deadLettered: ending.accepted.tally.deadLettered.count()
        }
      }
    }
  }

  /// - Parameter resettingLatency: starts the histogram anew, so that the next one covers the time from now on.
  func snapshot(resettingLatency: Bool) -> (customers: [String: Counts], latency: LatencyHistogram) {
    var byCustomer = customers.withLock { customers in
      var counts = customers.tallies.mapValues(\.counts)
      if customers.further.counts != Counts() { counts[LedgerEntry.furtherCustomers] = customers.further.counts }
      return counts
    }
    if byCustomer[""] == Counts() { byCustomer[""] = nil }
    let latency = latency.withLock { latency in
      defer { if resettingLatency { latency = LatencyHistogram() } }
      return latency
    }
    return (byCustomer, latency)
  }
}
