import RopewalkCore
import RopewalkJournal

/// Everything of a message that is not a column of its own, and the versions that its replay asks for.
enum MessageDetail {
  private static let version: UInt64 = 1

  static func encode(_ entry: JournalEntry) -> [UInt8] {
    let message = entry.message
    let metadata = message.metadata
    var writer = ByteWriter(capacity: 128)
    writer.write(version)
    writer.write(metadata.integrationID)
    writer.write(metadata.customerID)
    writer.write(metadata.tenantID)
    writer.write(metadata.source)
    writer.write(metadata.destination)
    writer.write(metadata.correlationID)
    writer.write(metadata.traceID)
    writer.write(message.contentType)
    writer.write(message.headers)
    let versions = entry.replay?.versions ?? [:]
    writer.write(UInt64(versions.count))
    for (step, version) in versions {
      writer.write(step)
      writer.write(version)
    }
    return writer.bytes
  }

  /// - Returns: the message without its payload, and the versions that its steps are asked to run.
  /// - Throws: when the bytes are not what ``encode(_:)`` wrote.
  static func decode(_ bytes: [UInt8], id: String, timestamp: Timestamp) throws(SQLiteFailure) -> (Message, versions: [String: String]) {
    var reader = ByteReader(bytes)
    let (integration, customer) = try owner(&reader)
    var metadata = MessageMetadata(customerID: customer, integrationID: integration)
    metadata.tenantID = try reader.text()
    metadata.source = try reader.text()
    metadata.destination = try reader.text()
    metadata.correlationID = try reader.text()
    metadata.traceID = try reader.text()
    let contentType = try reader.text()
    let headers = try reader.headers()
    var versions: [String: String] = [:]
    for _ in 0..<(try reader.count()) { versions[try reader.text()] = try reader.text() }
    let message = Message(id: id, payload: [], contentType: contentType, metadata: metadata, headers: headers, timestamp: timestamp)
    return (message, versions)
  }

  /// Whose message it is, and nothing else of it.
  /// - Throws: when it does not begin as what ``encode(_:)`` wrote.
  static func customer(in bytes: [UInt8]) throws(SQLiteFailure) -> String {
    var reader = ByteReader(bytes)
    return try owner(&reader).customer
  }

  private static func owner(_ reader: inout ByteReader) throws(SQLiteFailure) -> (integration: String, customer: String) {
    guard try reader.number() == version else { throw SQLiteFailure(corrupt: "a message has an unknown form") }
    return (try reader.text(), try reader.text())
  }
}

extension ByteWriter {
  mutating func write(_ headers: MessageHeaders) {
    write(UInt64(headers.fields.count))
    for field in headers.fields {
      write(field.name)
      write(field.value)
    }
  }
}

extension ByteReader {
  mutating func headers() throws(SQLiteFailure) -> MessageHeaders {
    var fields: [MessageHeaders.Field] = []
    for _ in 0..<(try count()) { fields.append(.init(name: try text(), value: try text())) }
    return MessageHeaders(fields)
  }
}
