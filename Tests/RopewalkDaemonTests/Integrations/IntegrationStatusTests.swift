import RopewalkControllers
import RopewalkCore
import Testing

@testable import RopewalkDaemon

/// What `status` says of the sandbox of an integration's connectors.
@Suite struct IntegrationStatusTests {
  private func status(_ sandboxed: Condition?, over old: JSONObject = JSONObject()) -> JSONObject {
    IntegrationStatus(
      phase: .running,
      ready: Condition(IntegrationStatus.ready, is: true, reason: "Running"),
      degraded: Condition(IntegrationStatus.degraded, is: false, reason: "AsDeclared"),
      progressing: Condition(IntegrationStatus.progressing, is: false, reason: "Settled"),
      sandboxed: sandboxed,
      generation: 1
    ).json(over: old, at: .now)
  }

  private func condition(of status: JSONObject) -> JSON? {
    status["conditions"]?.array?.first { $0["type"] == "Sandboxed" }
  }

  @Test func saysWhatIsNotHeldAndWhatHelps() {
    let complete = condition(of: status(Condition(sandboxShortfalls: [])))
    #expect(complete?["status"] == "True" && complete?["reason"] == "Complete" && complete?["message"] == "")
    let incomplete = condition(of: status(Condition(sandboxShortfalls: ["no memory limit; do this", "no bound; do that"])))
    #expect(incomplete?["status"] == "False" && incomplete?["reason"] == "Incomplete")
    #expect(incomplete?["message"] == "no memory limit; do this; no bound; do that")
  }

  @Test func isSilentWhereNothingHasASandbox() {
    #expect(condition(of: status(nil)) == nil)
    let before = status(Condition(sandboxShortfalls: []))
    #expect(condition(of: status(nil, over: before)) == nil)
    #expect(status(nil, over: before)["conditions"]?.array?.count == 3)
  }
}
