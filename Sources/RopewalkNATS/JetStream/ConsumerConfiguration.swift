import RopewalkCore

/// A pull consumer as we need it.
package struct ConsumerConfiguration: Sendable, Equatable {
  /// Nil for one that goes away with whoever reads from it.
  package var durable: String?
  /// Empty for all of the stream's.
  package var subjects: [String]
  /// Whether messages are to be acknowledged, each by itself.
  package var acknowledges = true
  /// After which a message that was not acknowledged, nor said to be in progress, is delivered again. Default 30 s.
  package var acknowledgementWait: Duration = .seconds(30)
  /// Deliveries of one message, the first included; nil without end.
  package var maxDeliveries: Int?
  /// Messages delivered and not acknowledged, over all who read from the consumer. Default 10,000.
  package var maxUnacknowledged = 10_000
  /// The first message; nil for the first of the stream.
  package var start: UInt64?
  package var headersOnly = false
  /// Written beside it, for whoever looks at the consumer; it changes nothing of what it does.
  package var mark: String?

  static let markKey = "ropewalk-mark"

  package init(durable: String? = nil, subjects: [String]) {
    self.durable = durable
    self.subjects = subjects
  }

  var json: JSON {
    var object: JSONObject = [
      "filter_subjects": .array(subjects.map { .string($0) }),
      "ack_policy": acknowledges ? "explicit" : "none",
      "deliver_policy": start == nil ? "all" : "by_start_sequence",
      "replay_policy": "instant",
      "max_waiting": 512,
    ]
    if let durable {
      object["durable_name"] = .string(durable)
    } else {
      object["inactive_threshold"] = .number(JSONNumber(Int(Self.inactiveThreshold.nanoseconds)))
      object["mem_storage"] = true
      object["num_replicas"] = 1
    }
    if acknowledges {
      object["ack_wait"] = .number(JSONNumber(Int(acknowledgementWait.nanoseconds)))
      object["max_deliver"] = .number(JSONNumber(maxDeliveries ?? -1))
      object["max_ack_pending"] = .number(JSONNumber(maxUnacknowledged))
    }
    if let start { object["opt_start_seq"] = .number(JSONNumber(literal: String(max(1, start)))) }
    if headersOnly { object["headers_only"] = true }
    if let mark { object["metadata"] = [Self.markKey: .string(mark)] }
    return .object(object)
  }

  private static let inactiveThreshold: Duration = .seconds(60)
}

extension JetStream {
  /// Makes the consumer, or changes what there is of that name. Returns its name, and how many messages it has
  /// for us.
  func ensure(_ consumer: ConsumerConfiguration, on stream: String) async throws -> (name: String, pending: Int) {
    let name = consumer.durable ?? "ropewalk-\(MessageID.next())"
    var config = consumer.json.object ?? JSONObject()
    config["name"] = .string(name)
    let body: JSON = ["stream_name": .string(stream), "config": .object(config)]
    do {
      let info = try await ask("CONSUMER.CREATE.\(stream).\(name)", body)
      return (name, info["num_pending"]?.int ?? 0)
    } catch let refusal as JetStreamRefusal where !refusal.isUnavailable {
      throw RopewalkError(
        .jetStreamRefused,
        "NATS at \(connection.server) does not make the consumer '\(name)' of the stream '\(stream)'; if it was configured otherwise, remove it with 'nats consumer rm \(stream) \(name)'",
        cause: refusal
      )
    }
  }

  func delete(consumer: String, of stream: String) async throws {
    _ = try await ask("CONSUMER.DELETE.\(stream).\(consumer)")
  }
}
