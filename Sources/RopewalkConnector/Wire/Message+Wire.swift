import FoundationEssentials
import RopewalkCore
import SwiftProtobuf

extension WireMessage {
  init(_ message: RopewalkCore.Message) {
    self.init()
    id = message.id
    payload = Data(message.payload)
    contentType = message.contentType
    metadata = WireMessageMetadata(message.metadata)
    headers = message.headers.fields.map { field in
      var header = WireHeader()
      header.name = field.name
      header.value = field.value
      return header
    }
    timestamp = Google_Protobuf_Timestamp(message.timestamp)
  }
}

extension RopewalkCore.Message {
  init(wire: WireMessage) {
    self.init(
      id: wire.id,
      payload: [UInt8](wire.payload),
      contentType: wire.contentType,
      metadata: wire.hasMetadata ? MessageMetadata(wire: wire.metadata) : MessageMetadata(),
      headers: MessageHeaders(wire.headers.map { MessageHeaders.Field(name: $0.name, value: $0.value) }),
      timestamp: wire.hasTimestamp ? Timestamp(wire: wire.timestamp) ?? .now : .now
    )
  }
}

extension WireMessageMetadata {
  init(_ metadata: MessageMetadata) {
    self.init()
    customerID = metadata.customerID
    tenantID = metadata.tenantID
    integrationID = metadata.integrationID
    source = metadata.source
    destination = metadata.destination
    correlationID = metadata.correlationID
    traceID = metadata.traceID
  }
}

extension MessageMetadata {
  init(wire: WireMessageMetadata) {
    self.init(
      customerID: wire.customerID,
      tenantID: wire.tenantID,
      integrationID: wire.integrationID,
      source: wire.source,
      destination: wire.destination,
      correlationID: wire.correlationID,
      traceID: wire.traceID
    )
  }
}

extension Arrival {
  init(_ wire: WireOutgoingMessage) {
    self.init(sequence: wire.sequence, message: RopewalkCore.Message(wire: wire.message), chunkedLength: wire.chunkedLength)
  }

  init(_ wire: WireIncomingMessage) {
    self.init(
      sequence: wire.sequence,
      message: RopewalkCore.Message(wire: wire.message),
      position: [UInt8](wire.position),
      chunkedLength: wire.chunkedLength
    )
  }
}
