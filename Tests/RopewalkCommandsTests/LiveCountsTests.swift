import RopewalkCore
import Testing

@testable import RopewalkCommands
@testable import RopewalkPipeline

@Suite struct LiveCountsTests {
  private func snapshot(latencies: [Duration] = [], circuits: [String: CircuitState] = [:], degraded: [String] = []) -> CountsSnapshot {
    var total = Counts()
    total.accepted = 10
    total.delivered = latencies.count
    total.deadLettered = 1
    var latency = LatencyHistogram()
    for duration in latencies { latency.record(duration) }
    return CountsSnapshot(
      integration: "orders",
      elapsed: .seconds(1),
      total: total,
      customers: ["acme": total],
      latency: latency,
      alerts: 2,
      faults: [],
      degraded: degraded,
      circuits: circuits
    )
  }

  @Test func aLineHasCountsRateAndLatencies() {
    let latencies = [Duration](repeating: .microseconds(9), count: 3) + [.seconds(90)]
    #expect(
      LiveCounts.line(snapshot(latencies: latencies), perSecond: 4.6)
        == "orders  accepted 10  delivered 4  filtered 0  failed 1  in flight 5  5/s  p50 0.01 ms  p99 90000.00 ms"
    )
  }

  @Test func aDashWhereNothingWasDelivered() {
    #expect(LiveCounts.line(snapshot(), perSecond: 0).hasSuffix("  in flight 9  0/s  p50 –  p99 –"))
    #expect(snapshot().json["latency"]?["p99Milliseconds"] == .null && snapshot().json["latency"]?["maxMilliseconds"] == .null)
  }

  @Test func namesWhatDoesNotWork() {
    let circuits: [String: CircuitState] = ["erp": .open, "archive": .closed, "crm": .halfOpen]
    let line = LiveCounts.line(snapshot(circuits: circuits, degraded: ["outgoing.erp"]), perSecond: 0)
    #expect(line.hasSuffix("  circuit half-open: crm  circuit open: erp  degraded: outgoing.erp"))
  }

  @Test func theReportSumsUp() {
    var other = snapshot()
    other.integration = "invoices"
    let report = [snapshot(latencies: [.milliseconds(2)]), other].report
    #expect(report["accepted"] == 20 && report["inFlight"] == 17 && report["alerts"] == 4)
    #expect(report["integrations"]?["orders"]?["delivered"] == 1 && report["integrations"]?["invoices"]?["delivered"] == 0)
  }
}
