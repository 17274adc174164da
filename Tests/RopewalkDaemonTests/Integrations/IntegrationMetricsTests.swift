import Testing

@testable import RopewalkDaemon
@testable import RopewalkPipeline
@testable import RopewalkServer

@Suite struct IntegrationMetricsTests {
  private func snapshot(_ integration: String, accepted: Int, customers: [String] = [], alerts: Int = 0) -> CountsSnapshot {
    var total = Counts()
    total.accepted = accepted
    total.delivered = 3
    total.filtered = 2
    total.deadLettered = 1
    total.refused = 7
    total.duplicates = 4
    return CountsSnapshot(
      integration: integration,
      elapsed: .seconds(1),
      total: total,
      customers: Dictionary(uniqueKeysWithValues: customers.map { ($0, total) }),
      latency: LatencyHistogram(),
      alerts: alerts,
      faults: [],
      degraded: [],
      circuits: [:]
    )
  }

  private func lines(of snapshots: [CountsSnapshot]) -> [String] {
    Metric.text(of: snapshots.shownMetrics).split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
  }

  @Test func areShownByIntegrationAndOutcome() {
    let shown = lines(of: [snapshot("orders", accepted: 10, alerts: 2)])
    #expect(
      shown == [
        #"ropewalk_messages_total{integration="orders",outcome="accepted"} 10"#,
        #"ropewalk_messages_total{integration="orders",outcome="delivered"} 3"#,
        #"ropewalk_messages_total{integration="orders",outcome="filtered"} 2"#,
        #"ropewalk_messages_total{integration="orders",outcome="dead-lettered"} 1"#,
        #"ropewalk_messages_total{integration="orders",outcome="refused"} 7"#,
        #"ropewalk_messages_total{integration="orders",outcome="duplicate"} 4"#,
        #"ropewalk_messages_in_flight{integration="orders"} 4"#, #"ropewalk_alerts_total{integration="orders"} 2"#,
      ]
    )
  }

  @Test func twoRunsOfOneIntegrationAreOneSeries() {
    let shown = lines(of: [
      snapshot("orders", accepted: 10, alerts: 1), snapshot("billing.orders", accepted: 6), snapshot("orders", accepted: 6),
    ])
    #expect(shown.count == 16)
    #expect(shown.contains(#"ropewalk_messages_total{integration="orders",outcome="accepted"} 16"#))
    #expect(shown.contains(#"ropewalk_messages_in_flight{integration="billing.orders"} 0"#))
    #expect(shown.contains(#"ropewalk_alerts_total{integration="orders"} 1"#))
  }

  @Test func customersAreNoSeries() {
    let customers = (0..<1000).map { "customer-\($0)" }
    #expect(lines(of: [snapshot("orders", accepted: 10, customers: customers)]).count == 8)
  }
}
