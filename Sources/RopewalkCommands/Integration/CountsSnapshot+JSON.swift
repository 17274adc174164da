import RopewalkCore
import RopewalkPipeline

extension [CountsSnapshot] {
  /// The sums of all integrations, and each one's own.
  var report: JSON {
    var report = reduce(Counts()) { $0 + $1.total }.json.object ?? JSONObject()
    report["alerts"] = .number(JSONNumber(reduce(0) { $0 + $1.alerts }))
    report["integrations"] = .object(JSONObject(map { JSONObject.Member(key: $0.integration, value: $0.json) }))
    return .object(report)
  }
}

extension CountsSnapshot {
  /// The integration's counts, and how long its messages took from accepted to delivered.
  var json: JSON {
    var json = total.json.object ?? JSONObject()
    json["latency"] = [
      "p50Milliseconds": Self.milliseconds(latency.quantile(0.5)),
      "p99Milliseconds": Self.milliseconds(latency.quantile(0.99)),
      "maxMilliseconds": Self.milliseconds(latency.count > 0 ? latency.max : nil),
    ]
    json["degraded"] = .array(degraded.map { .string($0) })
    json["faults"] = .array(faults.map { .string($0) })
    json["sandboxShortfalls"] = sandboxShortfalls.map { .array($0.map { .string($0) }) }
    return .object(json)
  }

  /// To a hundredth; null where nothing was delivered.
  private static func milliseconds(_ duration: Duration?) -> JSON {
    guard let duration, let number = JSONNumber((duration.seconds * 100_000).rounded() / 100) else { return .null }
    return .number(number)
  }
}
