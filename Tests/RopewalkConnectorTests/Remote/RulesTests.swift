import RopewalkCore
import Testing

@testable import RopewalkConnector

struct RulesTests {
  private static let claims = Message(
    payload: [1],
    metadata: MessageMetadata(
      customerID: "globex",
      tenantID: "t",
      integrationID: "i",
      source: "s",
      destination: "d",
      correlationID: "c",
      traceID: "0123456789abcdef0123456789ABCDEF"
    ),
    headers: MessageHeaders([
      .init(name: "Ropewalk-Path-Customer", value: "globex"), .init(name: "X-Customer-ID", value: "acme"),
    ])
  )

  @Test("A connector's word for whose message it is counts for nothing, nor do reserved headers")
  func claims() throws {
    let message = try IncomingRule().admit(Self.claims, limits: RemoteLimits())
    #expect(message.metadata == MessageMetadata(correlationID: "c", traceID: "0123456789abcdef0123456789ABCDEF"))
    #expect(message.headers.fields.map(\.name) == ["X-Customer-ID"])
  }

  @Test("A reserved header that the integration's rule reads may be passed")
  func allowed() throws {
    let message = try IncomingRule(allowedReservedHeaders: ["ropewalk-path-customer"]).admit(Self.claims, limits: RemoteLimits())
    #expect(message.headers["ropewalk-path-customer"] == "globex")
    #expect(message.metadata.customerID.isEmpty)
  }

  @Test("A message beyond the limits is refused for good, and one without an id gets one")
  func limits() throws {
    var limits = RemoteLimits()
    limits.headers = 2
    limits.headerBytes = 50
    var message = Self.claims
    message.id = ""
    message.metadata.traceID = "none"
    let admitted = try IncomingRule().admit(message, limits: limits)
    #expect(admitted.id.utf8.count == 26 && admitted.metadata.traceID.isEmpty)
    message.headers.append(name: "a", value: "b")
    #expect(throws: Refusal.self) { try IncomingRule().admit(message, limits: limits) }
    message.headers = MessageHeaders([.init(name: "a", value: String(repeating: "b", count: 50))])
    #expect(throws: Refusal.self) { try IncomingRule().admit(message, limits: limits) }
    message = Self.claims
    message.id = String(repeating: "i", count: 257)
    #expect(throws: Refusal.self) { try IncomingRule().admit(message, limits: RemoteLimits()) }
  }

  @Test("A connector for a newer contract is blocked, for an older one warned of")
  func versions() {
    #expect(ProtocolVersionRule(connector: 1, host: 1) == .allowed)
    guard case .warned = ProtocolVersionRule(connector: 1, host: 2), case .blocked = ProtocolVersionRule(connector: 3, host: 2),
      case .blocked = ProtocolVersionRule(connector: 0, host: 2)
    else {
      Issue.record("the rule of versions does not hold")
      return
    }
  }

  @Test("Secrets are taken out of what is logged, longest first")
  func secrets() {
    var filter = SecretFilter()
    for secret in ["abc", "hunter", "hunter2"] { filter.insert(Secret(secret)) }
    #expect(filter("hunter2, hunter and abc") == "***, *** and abc")
  }

  @Test("Metrics have a bounded number of names, labels and values")
  func metrics() {
    var limits = RemoteLimits()
    limits.metrics = 2
    limits.metricLabels = 2
    limits.metricLabelValues = 2
    var bounds = MetricBounds(limits)
    func metric(_ name: String, _ labels: [String: String] = [:], value: Double = 1) -> HostServices.Metric {
      HostServices.Metric(kind: .counter, name: name, value: value, labels: labels)
    }
    #expect(bounds.bound(metric("a", ["l": "1"]))?.labels == ["l": "1"])
    #expect(bounds.bound(metric("a", ["l": "2"]))?.labels == ["l": "2"])
    #expect(bounds.bound(metric("a", ["l": "3"]))?.labels == ["l": "other"])
    #expect(bounds.bound(metric("a", ["l": "1"]))?.labels == ["l": "1"])
    #expect(bounds.bound(metric("a", ["m": "1"])) != nil)
    #expect(bounds.bound(metric("a", ["n": "1"])) == nil)
    #expect(bounds.bound(metric("a", ["x": "1", "y": "1", "z": "1"])) == nil)
    #expect(bounds.bound(metric("b")) != nil)
    #expect(bounds.bound(metric("c")) == nil)
    #expect(bounds.bound(metric("b", value: .nan)) == nil)
    #expect(bounds.bound(metric("no spaces")) == nil)
  }
}
