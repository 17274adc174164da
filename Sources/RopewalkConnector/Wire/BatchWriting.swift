import RopewalkCore
import SwiftProtobuf

// Frames of one batch, written from their last field to their first.

extension ProtobufWriter {
  /// - Parameter chunkedLength: the number of that field, which differs by direction. A host's messages have no position.
  static func batch(of departures: [Departure], chunkedLength: UInt64) -> ProtobufWriter {
    var writer = ProtobufWriter(capacity: departures.reduce(16) { $0 + $1.parcel.encodedSize })
    writer.nest(field: 2) { writer in
      for departure in departures.reversed() {
        writer.nest(field: 1) { writer in
          writer.write(UInt64(departure.chunkedLength), field: chunkedLength)
          writer.write(departure.parcel.position[...], field: 3)
          writer.write(departure.parcel.message, field: 2)
          writer.write(departure.sequence, field: 1)
        }
      }
    }
    return writer
  }

  static func chunk(_ chunk: DepartingChunk) -> ProtobufWriter {
    var writer = ProtobufWriter(capacity: chunk.data.count + 32)
    writer.nest(field: 3) { writer in
      writer.write(chunk.data, field: 2)
      writer.write(chunk.sequence, field: 1)
    }
    return writer
  }

  static func batch(of receipts: [WireReceipt]) throws -> ProtobufWriter {
    var writer = ProtobufWriter(capacity: receipts.count * answerSize)
    try writer.nest(field: 4) { writer in
      for receipt in receipts.reversed() {
        try writer.nest(field: 1) { writer in
          if receipt.hasRetryAfter { try writer.write(receipt.retryAfter, field: 4) }
          writer.write(receipt.reason, field: 3)
          writer.write(UInt64(receipt.outcome.rawValue), field: 2)
          writer.write(receipt.sequence, field: 1)
        }
      }
    }
    return writer
  }

  static func batch(of outcomes: [WireOutcome]) throws -> ProtobufWriter {
    var writer = ProtobufWriter(capacity: outcomes.count * answerSize)
    try writer.nest(field: 4) { writer in
      for outcome in outcomes.reversed() {
        try writer.nest(field: 1) { writer in
          if outcome.hasError { try writer.write(outcome.error, field: 2) }
          writer.write(outcome.sequence, field: 1)
        }
      }
    }
    return writer
  }

  /// About how many bytes an answer takes that says no more than that all went well.
  private static var answerSize: Int { 16 }

  private mutating func write(_ message: RopewalkCore.Message, field: UInt64) {
    nest(field: field) { writer in
      writer.write(message.timestamp, field: 6)
      for header in message.headers.fields.reversed() {
        writer.nest(field: 5) { writer in
          writer.write(header.value, field: 2)
          writer.write(header.name, field: 1)
        }
      }
      writer.write(message.metadata, field: 4)
      writer.write(message.contentType, field: 3)
      writer.write(message.payload[...], field: 2)
      writer.write(message.id, field: 1)
    }
  }

  private mutating func write(_ metadata: MessageMetadata, field: UInt64) {
    nest(field: field) { writer in
      writer.write(metadata.traceID, field: 7)
      writer.write(metadata.correlationID, field: 6)
      writer.write(metadata.destination, field: 5)
      writer.write(metadata.source, field: 4)
      writer.write(metadata.integrationID, field: 3)
      writer.write(metadata.tenantID, field: 2)
      writer.write(metadata.customerID, field: 1)
    }
  }

  private mutating func write(_ timestamp: Timestamp, field: UInt64) {
    let (seconds, nanoseconds) = timestamp.secondsAndNanoseconds
    nest(field: field) { writer in
      writer.write(UInt64(nanoseconds), field: 2)
      writer.write(UInt64(bitPattern: seconds), field: 1)
    }
  }
}

extension Parcel {
  /// About how many bytes it takes in a frame.
  fileprivate var encodedSize: Int { message.payload.count + message.sizeBesidePayload + message.metadata.size + position.count }
}

extension MessageMetadata {
  fileprivate var size: Int {
    let place = customerID.utf8.count + tenantID.utf8.count + integrationID.utf8.count + source.utf8.count + destination.utf8.count
    return place + correlationID.utf8.count + traceID.utf8.count
  }
}
