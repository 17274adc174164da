import Testing

@testable import GoPlugin

struct BrokerStateMachineTests {
  private let address = PluginAddress.unix(path: "/a")

  @Test("An offer is taken once, whoever comes first")
  func handOver() {
    var broker = BrokerStateMachine<PluginAddress, String>(limit: 2)
    guard case .wait = broker.awaits(1, as: "one"), case .handOver(address, to: "one") = broker.offered(address, id: 1),
      case .kept = broker.offered(address, id: 2), case .available(address) = broker.awaits(2, as: "two"),
      case .wait = broker.awaits(2, as: "again")
    else {
      Issue.record("an offer went astray")
      return
    }
    #expect(broker.stopsWaiting(2) == "again")
    #expect(broker.stopsWaiting(2) == nil)
  }

  @Test("Too many unclaimed offers are refused, and so is waiting twice for one")
  func limits() {
    var broker = BrokerStateMachine<PluginAddress, String>(limit: 2)
    _ = broker.offered(address, id: 1)
    _ = broker.offered(address, id: 2)
    guard case .refused = broker.offered(address, id: 3), case .kept = broker.offered(address, id: 2),
      case .wait = broker.awaits(3, as: "one"), case .fail = broker.awaits(3, as: "two")
    else {
      Issue.record("a limit does not hold")
      return
    }
  }

  @Test("With no room for offers only those are taken that are awaited")
  func noRoom() {
    var broker = BrokerStateMachine<PluginAddress, String>(limit: 0)
    guard case .refused = broker.offered(address, id: 1), case .wait = broker.awaits(1, as: "one"),
      case .handOver(address, to: "one") = broker.offered(address, id: 1)
    else {
      Issue.record("an offer lies there that nobody awaits")
      return
    }
  }

  @Test("Closing tells those who wait, and nothing is offered or awaited after it")
  func close() {
    var broker = BrokerStateMachine<PluginAddress, String>(limit: 2)
    _ = broker.awaits(1, as: "one")
    #expect(broker.close() == ["one"])
    guard case .refused = broker.offered(address, id: 1), case .fail(let error) = broker.awaits(1, as: "late") else {
      Issue.record("a closed broker goes on")
      return
    }
    #expect(error.code == .brokerClosed)
  }

  @Test("Numbers are given once")
  func numbers() {
    let broker = PluginBroker(directory: "/tmp", trust: .plaintext, limits: HostLimits(), logger: Peers.quiet)
    #expect([broker.nextID(), broker.nextID()] == [1, 2])
  }
}
