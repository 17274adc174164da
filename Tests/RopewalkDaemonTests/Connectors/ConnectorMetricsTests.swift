import Testing

@testable import RopewalkConnector
@testable import RopewalkDaemon
@testable import RopewalkServer

@Suite struct ConnectorMetricsTests {
  private let metrics = ConnectorMetrics()

  private func record(_ kind: HostServices.Metric.Kind, _ name: String, _ value: Double, _ labels: [String: String] = [:]) {
    metrics.record(HostServices.Metric(kind: kind, name: name, value: value, labels: labels), integration: "orders", connection: "erp")
  }

  @Test func areShownByNameAndKind() {
    record(.counter, "pages.read", 2)
    record(.counter, "pages.read", 3)
    record(.counter, "pages.read", 1, ["table": "items"])
    record(.gauge, "depth", 7)
    record(.gauge, "depth", 4)
    record(.histogram, "wait", 0.5)
    record(.histogram, "wait", 1.5)
    let lines = Set(Metric.text(of: metrics.shown).split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") })
    let place = #"connection="erp",integration="orders""#
    #expect(
      lines == [
        "ropewalk_connector_pages_read_total{\(place)} 5", #"ropewalk_connector_pages_read_total{\#(place),table="items"} 1"#,
        "ropewalk_connector_depth{\(place)} 4", "ropewalk_connector_wait_sum{\(place)} 2", "ropewalk_connector_wait_count{\(place)} 2",
      ]
    )
  }

  @Test func aConnectorCannotPassForAnother() {
    record(.gauge, "depth", 1, ["integration": "invoices", "connection": "bank"])
    #expect(Metric.text(of: metrics.shown).contains(#"{connection="erp",integration="orders"} 1"#))
  }

  @Test func noNameIsShownTwiceAndEveryLabelCanBeRead() {
    record(.counter, "pages.read", 1)
    record(.counter, "pages_read", 1)
    record(.gauge, "pages_read", 7)
    record(.gauge, "pages_read_total", 7)
    record(.gauge, "depth", 1, ["a.b": "x", "9": "y"])
    let text = Metric.text(of: metrics.shown)
    #expect(text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }.count == 2)
    #expect(text.contains(#"ropewalk_connector_pages_read_total{connection="erp",integration="orders"} 2"#))
    #expect(text.contains(#"ropewalk_connector_depth{_9="y",a_b="x",connection="erp",integration="orders"} 1"#))
  }

  @Test func areBoundedInAll() {
    for number in 0..<10_100 { record(.counter, "count", 1, ["number": "\(number)"]) }
    #expect(metrics.shown.first?.samples().count == 10_000)
  }
}
