package import RopewalkCore
package import RopewalkResources

/// One thing that is or is not so about an object, in the form of Kubernetes: an entry of `status.conditions`.
package struct Condition: Sendable, Hashable {
  package enum Status: String, Sendable { case yes = "True", no = "False", unknown = "Unknown" }

  /// `Ready`, `Degraded` …
  package var type: String
  package var status: Status
  /// Why, in one word for programs: `Running`, `ConnectFailed`.
  package var reason: String
  /// Why, in words for people.
  package var message: String

  package init(_ type: String, _ status: Status, reason: String, message: String = "") {
    self.type = type
    self.status = status
    self.reason = reason
    self.message = message
  }

  package init(_ type: String, is status: Bool, reason: String, message: String = "") {
    self.init(type, status ? .yes : .no, reason: reason, message: message)
  }
}

extension JSONObject {
  /// Sets conditions among those of a `status`. `lastTransitionTime` moves only when a condition's status changes, so that
  /// setting the same twice changes nothing.
  /// - Parameter generation: of the object that they are about.
  package mutating func set(_ conditions: [Condition], observedGeneration generation: Int, at time: Timestamp) {
    var list = self["conditions"]?.array ?? []
    for condition in conditions {
      let index = list.firstIndex { $0["type"]?.string == condition.type }
      let old = index.map { list[$0] }
      let isSame = old?["status"]?.string == condition.status.rawValue
      let since = isSame ? old?["lastTransitionTime"] : nil
      let json: JSON = [
        "type": .string(condition.type),
        "status": .string(condition.status.rawValue),
        "reason": .string(condition.reason),
        "message": .string(condition.message),
        "observedGeneration": .number(JSONNumber(generation)),
        "lastTransitionTime": since ?? .string(time.rfc3339Seconds),
      ]
      if let index { list[index] = json } else { list.append(json) }
    }
    self["conditions"] = .array(list)
  }

  /// Takes a condition away.
  package mutating func removeCondition(_ type: String) {
    guard let list = self["conditions"]?.array else { return }
    self["conditions"] = .array(list.filter { $0["type"]?.string != type })
  }
}

extension Resource {
  /// A condition's status as it is written; nil when it has none of that type.
  package func condition(_ type: String) -> JSON? {
    status?["conditions"]?.array?.first { $0["type"]?.string == type }
  }
}
