import RopewalkCore
import RopewalkJournal

/// What the one header of a stored message says: everything of it but its payload, as JSON, so that `nats stream get` shows it.
struct EntryNote: Equatable, Sendable {
  /// The message with an empty payload.
  var message: Message
  var destinations: [String]
  var replay: Replay?
  /// Of the call that stored it, so that a call can recognise its own.
  var mark = ""
  /// The body that lies elsewhere, because it is large.
  var body: String?
  /// On its way to one destination: where in the stream of accepted messages it stands, and the body that it has there, which is
  /// the same one when no step has changed it.
  var position: UInt64?
  var acceptedBody: String?
  /// On its way to one destination: its key in the integration's order, of the payload as it came. Nil where the order has none, and
  /// from nodes of earlier versions.
  var orderingKey: String?

  init(_ entry: JournalEntry, mark: String = "") {
    message = entry.message
    message.payload = []
    destinations = entry.destinations
    replay = entry.replay
    self.mark = mark
  }

  var line: LedgerRecord.Line {
    LedgerRecord.Line(integration: message.metadata.integrationID, customer: message.metadata.customerID)
  }

  var text: String {
    let metadata = message.metadata
    var object: JSONObject = [
      "id": .string(message.id),
      "at": .number(JSONNumber(Int(message.timestamp.nanoseconds))),
      "customer": .string(metadata.customerID),
      "integration": .string(metadata.integrationID),
      "destinations": .array(destinations.map { .string($0) }),
    ]
    for (key, value) in [
      ("type", message.contentType), ("tenant", metadata.tenantID), ("source", metadata.source), ("destination", metadata.destination),
      ("correlation", metadata.correlationID), ("trace", metadata.traceID), ("mark", mark), ("body", body ?? ""),
      ("acceptedBody", acceptedBody ?? ""),
      ("replayOf", replay?.letterID ?? ""), ("stage", replay?.stage ?? ""),
    ] where !value.isEmpty {
      object.append(key: key, value: .string(value))
    }
    if let orderingKey { object.append(key: "orderingKey", value: .string(orderingKey)) }
    if let position { object.append(key: "position", value: .number(JSONNumber(literal: String(position)))) }
    if let versions = replay?.versions, !versions.isEmpty {
      let members = versions.sorted { $0.key < $1.key }.map { JSONObject.Member(key: $0.key, value: .string($0.value)) }
      object.append(key: "versions", value: .object(JSONObject(members)))
    }
    if !message.headers.fields.isEmpty {
      object.append(key: "headers", value: .array(message.headers.fields.map { .array([.string($0.name), .string($0.value)]) }))
    }
    return JSON.object(object).text()
  }

  /// - Throws: `nats.record.unreadable` for what we did not write.
  init(text: String?) throws(RopewalkError) {
    guard let text, let json = try? JSON.parse(text), let id = json["id"]?.string, let time = json["at"]?.int,
      let destinations = json["destinations"]?.array
    else {
      throw RopewalkError(
        .recordUnreadable,
        "a message in a stream of Ropewalk's was not written by Ropewalk; remove it with 'nats stream rmm'"
      )
    }
    func field(_ key: String) -> String { json[key]?.string ?? "" }
    message = Message(
      id: id,
      payload: [],
      contentType: field("type"),
      metadata: MessageMetadata(
        customerID: field("customer"),
        tenantID: field("tenant"),
        integrationID: field("integration"),
        source: field("source"),
        destination: field("destination"),
        correlationID: field("correlation"),
        traceID: field("trace")
      ),
      headers: MessageHeaders(
        (json["headers"]?.array ?? []).compactMap { field in
          guard let pair = field.array, pair.count == 2, let name = pair[0].string, let value = pair[1].string else { return nil }
          return MessageHeaders.Field(name: name, value: value)
        }
      ),
      timestamp: Timestamp(nanoseconds: Int64(time))
    )
    self.destinations = destinations.compactMap(\.string)
    let versions = (json["versions"]?.object?.members ?? []).compactMap { member in member.value.string.map { (member.key, $0) } }
    replay = field("replayOf").nonEmpty.map {
      Replay(letterID: $0, stage: field("stage").nonEmpty, versions: Dictionary(versions) { $1 })
    }
    mark = field("mark")
    body = field("body").nonEmpty
    acceptedBody = field("acceptedBody").nonEmpty
    orderingKey = json["orderingKey"]?.string
    position = json["position"]?.int.map { UInt64($0) }
  }
}
