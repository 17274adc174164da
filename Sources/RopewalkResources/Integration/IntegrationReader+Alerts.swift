import RopewalkConnector
import RopewalkCore

extension IntegrationReader {
  /// Patient enough for a chat service that restarts: 1 s, 2 s, 4 s … some two minutes in all.
  private static let alertRetryPolicy = RetryPolicy(maxRetries: 7, maxBackoff: .seconds(30))
  private static let alertTimeout = Duration.seconds(10)

  func readAlerts(_ field: YAMLField) -> AlertSpec {
    let keys = ["after", "within", "remindEvery", "recoveredAfter", "webhook"]
    let hints = ["url": "did you mean webhook: { url: … }?"]
    guard let map = field.map(keys: keys, hints: hints, example: "{ after: 5, within: 1m }") else { return AlertSpec() }
    let defaults = AlertSpec()
    return AlertSpec(
      after: map.int("after", in: IntegrationRanges.alertAfter, default: defaults.after),
      within: map.duration("within", in: IntegrationRanges.alertWindow, default: defaults.within),
      remindEvery: map.duration("remindEvery", in: IntegrationRanges.alertReminder, default: defaults.remindEvery),
      recoveredAfter: map.duration("recoveredAfter", in: IntegrationRanges.alertReminder, default: defaults.recoveredAfter),
      webhook: map["webhook"].flatMap(readWebhook)
    )
  }

  /// What is in it is the `http` connector's to judge.
  private func readWebhook(_ field: YAMLField) -> ConnectionSpec? {
    let settings = references.filled(field)
    guard settings.entries(example: "{ url: https://chat.example/hooks/ropewalk }") != nil else { return nil }
    return ConnectionSpec(
      name: "alerts",
      type: "http",
      settings: settings.node.json.object ?? JSONObject(),
      timeout: Self.alertTimeout,
      retryPolicy: Self.alertRetryPolicy,
      places: SettingPlaces(of: settings)
    )
  }
}
