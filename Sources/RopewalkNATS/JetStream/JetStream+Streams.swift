package import RopewalkCore

/// A stream as we need it.
package struct StreamConfiguration: Sendable, Equatable {
  package enum Retention: String, Sendable { case limits, workqueue }

  package var name: String
  package var subjects: [String]
  package var retention = Retention.limits
  /// Nil for no bound.
  package var maxMessages: Int?
  package var maxSize: ByteCount?
  /// The bound that earlier versions made it with, where there should be none; nil for a stream that always had what it has now.
  package var formerMaxSize: ByteCount?
  /// Of one subject, so that one sender cannot take all of the room; nil for no bound.
  package var maxMessagesPerSubject: Int?
  /// How long message ids are remembered.
  package var duplicateWindow: Duration = .seconds(120)
  package var replicas = 1

  package init(name: String, subjects: [String]) {
    self.name = name
    self.subjects = subjects
  }

  var json: JSON {
    var object: JSONObject = [
      "name": .string(name),
      "subjects": .array(subjects.map { .string($0) }),
      "retention": .string(retention.rawValue),
      "discard": "new",
      "storage": "file",
      "max_msgs": .number(JSONNumber(maxMessages ?? -1)),
      "max_bytes": .number(JSONNumber(maxSize?.bytes ?? -1)),
      "max_age": 0,
      "max_consumers": -1,
      "max_msgs_per_subject": .number(JSONNumber(maxMessagesPerSubject ?? -1)),
      "num_replicas": .number(JSONNumber(replicas)),
      "duplicate_window": .number(JSONNumber(Int(duplicateWindow.nanoseconds))),
      "allow_direct": true,
      "description": "Kept by Ropewalk; see docs/guide/cluster.md before you change it",
    ]
    if maxMessagesPerSubject != nil { object["discard_new_per_subject"] = true }
    return .object(object)
  }

  /// What of a stream that is there already would break the delivery law. Its bounds are the operator's to choose.
  func differences(from found: JSON) -> [String] {
    var differences: [String] = []
    for key in ["retention", "discard", "storage", "max_age", "allow_direct"] {
      let (asked, set) = (json[key] ?? .null, found[key] ?? .null)
      if asked != set { differences.append("\(key) is \(set.text()) and must be \(asked.text())") }
    }
    for key in ["deny_delete", "deny_purge", "sealed", "no_ack"] where found[key]?.bool == true {
      differences.append("\(key) is on and must be off")
    }
    if let bound = found["max_msgs_per_subject"]?.int, bound > 0, found["discard_new_per_subject"]?.bool != true {
      differences.append("max_msgs_per_subject is \(bound), so discard_new_per_subject must be on")
    }
    let bound = Set((found["subjects"]?.array ?? []).compactMap(\.string))
    if bound != Set(subjects) { differences.append("its subjects are \(bound.sorted()) and must be \(subjects.sorted())") }
    return differences
  }

  /// What there is of a stream without the bound of an earlier version; nil when it does not have it. Any other bound was the
  /// operator's to choose.
  func lifted(_ found: JSON) -> JSON? {
    guard let formerMaxSize, maxSize == nil, found["max_bytes"]?.int == formerMaxSize.bytes, var config = found.object else { return nil }
    config["max_bytes"] = -1
    return .object(config)
  }
}

/// How full a stream is.
package struct StreamState: Sendable, Equatable {
  package var messages: Int
  package var bytes: Int
  package var firstSequence: UInt64
  package var lastSequence: UInt64

  init(_ json: JSON) {
    messages = json["messages"]?.int ?? 0
    bytes = json["bytes"]?.int ?? 0
    firstSequence = UInt64(json["first_seq"]?.int ?? 0)
    lastSequence = UInt64(json["last_seq"]?.int ?? 0)
  }
}

extension JetStream {
  /// Makes the stream where it is not there yet.
  /// - Throws: `nats.jetstream.stream-differs` when it is there and would break the delivery law, with what differs.
  package func ensure(_ stream: StreamConfiguration) async throws {
    let found: JSON
    do {
      found = try await ask("STREAM.INFO.\(stream.name)")
    } catch let refusal as JetStreamRefusal where refusal.errorCode == JetStreamRefusal.streamNotFound {
      do {
        _ = try await ask("STREAM.CREATE.\(stream.name)", stream.json)
      } catch let refusal as JetStreamRefusal {
        throw RopewalkError(
          .jetStreamRefused,
          "NATS at \(connection.server) does not make the stream '\(stream.name)'; check the account's permissions and its share of JetStream's storage",
          cause: refusal
        )
      }
      return
    }
    let differences = stream.differences(from: found["config"] ?? .null)
    guard differences.isEmpty else {
      throw RopewalkError(
        .jetStreamConflict,
        "the stream '\(stream.name)' at \(connection.server) was configured otherwise: \(differences.joined(separator: "; ")); change it with 'nats stream edit \(stream.name)', or use another tenant"
      )
    }
    // A stream that keeps the bound of an earlier version works, so whoever may change none is not kept from it.
    if let config = stream.lifted(found["config"] ?? .null) { _ = try? await ask("STREAM.UPDATE.\(stream.name)", config) }
  }

  /// Removes a stream and all that is in it.
  package func remove(_ stream: String) async throws {
    _ = try await ask("STREAM.DELETE.\(stream)")
  }

  package func state(of stream: String) async throws -> StreamState {
    StreamState(try await read("STREAM.INFO.\(stream)")["state"] ?? .null)
  }

  /// How long a stream remembers message ids.
  func duplicateWindow(of stream: String) async throws -> Duration {
    .nanoseconds(try await read("STREAM.INFO.\(stream)")["config"]?["duplicate_window"]?.int ?? 0)
  }

  /// Removes one message. One that is gone already is no error.
  func delete(_ sequence: UInt64, from stream: String) async throws {
    let body: JSON = ["seq": .number(JSONNumber(literal: String(sequence))), "no_erase": true]
    do {
      _ = try await ask("STREAM.MSG.DELETE.\(stream)", body)
    } catch let refusal as JetStreamRefusal where refusal.isGone {
      return
    }
  }

  /// Removes the messages of a subject, up to and with a sequence when one is given.
  func purge(_ stream: String, subject: String, through sequence: UInt64? = nil) async throws {
    _ = try await ask(Self.purging(stream, subject: subject, through: sequence))
  }

  static func purging(_ stream: String, subject: String, through sequence: UInt64? = nil) -> NATSOutgoing {
    var body: JSONObject = ["filter": .string(subject)]
    if let sequence { body["seq"] = .number(JSONNumber(literal: String(sequence + 1))) }
    return asking("STREAM.PURGE.\(stream)", .object(body))
  }
}

extension JetStreamRefusal {
  /// The message is not there (any more).
  var isGone: Bool { Self.messageNotFound.contains(errorCode) }
}
