package import RopewalkCore

/// Writes down what happens to objects, for `kubectl describe` and `kubectl events`. The same thing again is counted, not
/// written again.
package struct EventRecorder: Sendable {
  package enum Severity: String, Sendable { case normal = "Normal", warning = "Warning" }

  /// How often the same thing is counted, as many as Kubernetes has room for.
  private static let mostCounted = Int(Int32.max)

  private let client: any ResourceClient
  private let component: String
  private let now: @Sendable () -> Timestamp

  /// - Parameter component: who says so, such as `integration-controller`.
  package init(_ client: any ResourceClient, component: String, now: @escaping @Sendable () -> Timestamp = { .now }) {
    self.client = client
    self.component = component
    self.now = now
  }

  /// - Parameters:
  ///   - reason: one word, such as `Started`.
  ///   - message: in words for people; at most 1,024 bytes are kept. No payloads and no secrets.
  ///   - object: what it happened to; objects without a namespace have their events in `default`.
  package func record(_ severity: Severity = .normal, reason: String, message: String, about object: Resource) async throws {
    let namespace = object.metadata.namespace.isEmpty ? "default" : object.metadata.namespace
    let message = String(decoding: message.utf8.prefix(1024), as: UTF8.self)
    let identity = [object.metadata.uid, severity.rawValue, reason, message, component].joined(separator: "\u{0}")
    let prefix = object.metadata.name.prefix(200)
    let key = ResourceKey(.events, namespace: namespace, name: "\(prefix).\(Self.hash(identity))")
    let time: JSON = .string(now().rfc3339Seconds)
    do {
      _ = try await client.modify(key, .main, options: WriteOptions()) { event in
        // Others may have written any number.
        let count = min(max(event.fields["count"]?.int ?? 1, 1), Self.mostCounted - 1)
        event.fields["count"] = .number(JSONNumber(count + 1))
        event.fields["lastTimestamp"] = time
      }
    } catch let error as RopewalkError where error.code == .resourceNotFound {
      let event = event(key, severity, reason: reason, message: message, about: object, at: time)
      do {
        _ = try await client.create(event, options: WriteOptions())
      } catch let error as RopewalkError where error.code == .resourceExists {
        // Somebody else has seen the same just now.
      }
    }
  }

  private func event(
    _ key: ResourceKey,
    _ severity: Severity,
    reason: String,
    message: String,
    about object: Resource,
    at time: JSON
  ) -> Resource {
    var involved: JSONObject = ["kind": .string(object.kind), "name": .string(object.metadata.name)]
    if !object.metadata.namespace.isEmpty { involved["namespace"] = .string(object.metadata.namespace) }
    involved["uid"] = .string(object.metadata.uid)
    involved["apiVersion"] = .string(object.apiVersion)
    involved["resourceVersion"] = .string(object.metadata.resourceVersion)
    return Resource(
      apiVersion: "v1",
      kind: "Event",
      metadata: ResourceMetadata(name: key.name, namespace: key.namespace),
      fields: [
        "involvedObject": .object(involved), "reason": .string(reason), "message": .string(message), "type": .string(severity.rawValue),
        "count": 1, "firstTimestamp": time, "lastTimestamp": time, "source": ["component": .string(component)],
        "reportingComponent": .string(component),
      ]
    )
  }

  /// FNV-1a, 64 bits, as 16 hexadecimal digits.
  private static func hash(_ text: String) -> String {
    let hash = text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
