import GoPlugin
import RopewalkConnector
import RopewalkCore
import Synchronization

/// The conformance kit for connectors: starts one as a host does, and tries whether it keeps the contract, whatever it
/// is written in.
package struct ConnectorCheck: Sendable {
  let stage: CheckStage
  let marker: String

  package init(_ plan: CheckPlan) {
    var generator = SystemRandomNumberGenerator()
    let run = String(generator.next(), radix: 36)
    marker = "payload-\(run)"
    stage = CheckStage(plan: plan, log: CheckLog(), canary: "canary-\(run)")
  }

  private struct Item {
    var name: String
    var title: String
    var body: @Sendable (ConnectorCheck) async throws -> String
  }

  /// In the order in which a connector meets them.
  private static let items: [Item] = [
    Item(name: "start", title: "starts, shakes hands and is healthy", body: { try await $0.start() }),
    Item(name: "metadata", title: "says what it is", body: { try await $0.metadata() }),
    Item(name: "schema", title: "has a schema that its settings fit", body: { try await $0.schema() }),
    Item(name: "bad-settings", title: "refuses bad settings with INVALID_CONFIG", body: { try await $0.badSettings() }),
    Item(name: "connect", title: "connects and disconnects any number of times", body: { try await $0.connecting() }),
    Item(name: "send", title: "sends, and the destination has it", body: { try await $0.sending() }),
    Item(name: "concurrent", title: "sends many messages at once", body: { try await $0.concurrent() }),
    Item(name: "large", title: "takes or refuses a payload of 5 MiB", body: { try await $0.large() }),
    Item(name: "cancel", title: "bears it when messages are given up", body: { try await $0.cancelling() }),
    Item(name: "receive", title: "receives, and hears that the host has it", body: { try await $0.receiving() }),
    Item(name: "no-room", title: "loses nothing when the host has no room", body: { try await $0.withoutRoom() }),
    Item(name: "redelivery", title: "brings again what had no receipt when it was killed", body: { try await $0.redelivery() }),
    Item(name: "stop-receiving", title: "stops receiving when it is told to", body: { try await $0.stopReceiving() }),
    Item(name: "stop", title: "ends in good order with messages under way", body: { try await $0.stopping() }),
    Item(name: "stdout", title: "prints nothing on standard output", body: { try $0.output() }),
    Item(name: "secrets", title: "says no secret and no payload", body: { try $0.secrets() }),
  ]

  package static var count: Int { items.count }

  /// Makes every check, and tells each result as it comes. Where the connector does not start, nothing else is tried.
  package func run(_ report: (CheckResult) -> Void) async throws -> [CheckResult] {
    var results: [CheckResult] = []
    for item in Self.items {
      try Task.checkCancellation()
      let result = await check(item)
      results.append(result)
      report(result)
      if item.name == "start", result.outcome == .failed { break }
    }
    return results
  }

  private func check(_ item: Item) async -> CheckResult {
    let clock = ContinuousClock()
    let begin = clock.now
    var (outcome, detail): (CheckResult.Outcome, String)
    do {
      (outcome, detail) = (.passed, try await item.body(self))
    } catch let error as CheckOmission {
      (outcome, detail) = (.skipped, error.reason)
    } catch let error as CheckFailure {
      (outcome, detail) = (.failed, error.reason)
    } catch {
      (outcome, detail) = (.failed, "\(error)")
    }
    // A connector that says what it must not say it does not say through us.
    for secret in [stage.canary] { detail = detail.replacing(secret, with: "***") }
    return CheckResult(name: item.name, title: item.title, outcome: outcome, detail: detail, duration: clock.now - begin)
  }
}
