import Testing

@testable import RopewalkNATS

@Suite struct ForsakenQueuesTests {
  private let start = ContinuousClock.now

  private func signs(_ change: (inout ForsakenQueues.Signs) -> Void = { _ in }) -> ForsakenQueues.Signs {
    var signs = ForsakenQueues.Signs(messages: 3, delivered: 7, acknowledged: 5, redelivered: 2, mark: "x")
    change(&signs)
    return signs
  }

  @Test func isForsakenOnceNothingHappenedForTheGrace() {
    var queues = ForsakenQueues(after: .seconds(10), lookedAtEvery: .seconds(5))
    for second in [0, 5, 9] { #expect(queues.look(at: ["b": signs()], start + .seconds(second)) == []) }
    #expect(queues.look(at: ["b": signs(), "c": signs()], start + .seconds(10)) == ["b"])
    #expect(queues.look(at: ["b": signs(), "c": signs()], start + .seconds(20)) == ["b", "c"])
    // One that was empty meanwhile begins anew.
    #expect(queues.look(at: [:], start + .seconds(21)) == [])
    #expect(queues.look(at: ["b": signs()], start + .seconds(22)) == [])
  }

  @Test func whateverHappensBeginsTheGraceAnew() {
    let changes: [(inout ForsakenQueues.Signs) -> Void] = [
      { $0.messages += 1 }, { $0.delivered += 1 }, { $0.acknowledged += 1 }, { $0.redelivered += 1 }, { $0.mark = "y" },
      { $0.isAsked = true },
    ]
    for change in changes {
      var queues = ForsakenQueues(after: .seconds(10), lookedAtEvery: .seconds(5))
      #expect(queues.look(at: ["b": signs()], start) == [])
      #expect(queues.look(at: ["b": signs(change)], start + .seconds(9)) == [])
      #expect(queues.look(at: ["b": signs(change)], start + .seconds(11)) == [])
    }
  }

  /// Who would have shown that it is there could not either.
  @Test func aTimeInWhichNobodyLookedShowsNothing() {
    var queues = ForsakenQueues(after: .seconds(10), lookedAtEvery: .seconds(5))
    #expect(queues.look(at: ["b": signs()], start) == [])
    #expect(queues.look(at: ["b": signs()], start + .seconds(11)) == [])
    #expect(queues.look(at: ["b": signs()], start + .seconds(20)) == [])
    #expect(queues.look(at: ["b": signs()], start + .seconds(21)) == ["b"])
  }

  @Test func oneThatSomebodyAsksIsNeverForsaken() {
    var queues = ForsakenQueues(after: .zero, lookedAtEvery: .seconds(5))
    for second in 0..<3 { #expect(queues.look(at: ["b": signs { $0.isAsked = true }], start + .seconds(second)) == []) }
  }

  @Test(arguments: ["a", "a.b c", "", "100%", "ü*>", "%2E"])
  func aTokenTellsItsName(name: String) {
    #expect(TenantNames.name(of: TenantNames.token(name)) == name)
    let names = TenantNames(tenant: "t")
    let subject = names.step(LedgerRecord.Line(integration: "orders", customer: "c"), to: name)
    #expect(TenantNames.destination(of: subject) == TenantNames.token(name))
  }

  /// Two nodes that shared a consumer by mistake would take one another's messages.
  @Test func dashesInNamesMakeNoTwoConsumersOne() {
    let names = TenantNames(tenant: "t")
    let pairs = [("a-b", "c"), ("a", "b-c"), ("a-b-c", "d"), ("a-b", "c-d"), ("a", "b-c-d")]
    let consumers = pairs.map { names.stepConsumer($0, destination: TenantNames.token($1)) }
    #expect(Set(consumers).count == pairs.count && consumers[0] == "to-a-b-c", "\(consumers)")
  }
}
