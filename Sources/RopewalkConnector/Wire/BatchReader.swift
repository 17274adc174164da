import RopewalkCore

/// What is encoded is not what a library of Protocol Buffers usually writes for the fields that are known here.
struct Unusual: Error {}

/// Decodes a batch of messages or of answers. It has at most as many elements as a ``BoundedDeserializer`` takes in one frame.
struct BatchReader {
  private var count = 0

  /// - Parameter chunkedLength: the number of that field, which differs by direction.
  mutating func arrivals(_ batch: UnsafeRawBufferPointer, chunkedLength: UInt64) throws(Unusual) -> [Arrival] {
    let elements = try elements(of: batch)
    var arrivals: [Arrival] = []
    arrivals.reserveCapacity(elements.count)
    for element in elements { arrivals.append(try arrival(element, chunkedLength: chunkedLength)) }
    return arrivals
  }

  mutating func outcomes(_ batch: UnsafeRawBufferPointer) throws(Unusual) -> [WireOutcome] {
    let elements = try elements(of: batch)
    var outcomes: [WireOutcome] = []
    outcomes.reserveCapacity(elements.count)
    for element in elements {
      var outcome = WireOutcome()
      var reader = ProtobufReader(element)
      while let field = try reader.nextField() {
        // An error is rare.
        guard field.number == 1 else { throw Unusual() }
        outcome.sequence = try field.value.number()
      }
      outcomes.append(outcome)
    }
    return outcomes
  }

  mutating func receipts(_ batch: UnsafeRawBufferPointer) throws(Unusual) -> [WireReceipt] {
    let elements = try elements(of: batch)
    var receipts: [WireReceipt] = []
    receipts.reserveCapacity(elements.count)
    for element in elements {
      var receipt = WireReceipt()
      var reader = ProtobufReader(element)
      while let field = try reader.nextField() {
        let number = try field.value.number()
        switch field.number {
        case 1: receipt.sequence = number
        case 2: receipt.outcome = WireReceipt.Outcome(rawValue: Int(Int32(truncatingIfNeeded: number))) ?? .unspecified
        // A reason, and a time to wait, are rare.
        default: throw Unusual()
        }
      }
      receipts.append(receipt)
    }
    return receipts
  }

  /// The elements of a batch: its first field, and it has no other.
  private mutating func elements(of batch: UnsafeRawBufferPointer) throws(Unusual) -> [UnsafeRawBufferPointer] {
    var elements: [UnsafeRawBufferPointer] = []
    var reader = ProtobufReader(batch)
    while let field = try reader.nextField() {
      guard field.number == 1 else { throw Unusual() }
      try countElement()
      elements.append(try field.value.bytes())
    }
    return elements
  }

  private mutating func countElement() throws(Unusual) {
    count += 1
    guard count <= BoundedDeserializer<WireConnectorFrame>.mostElements else { throw Unusual() }
  }

  private mutating func arrival(_ bytes: UnsafeRawBufferPointer, chunkedLength: UInt64) throws(Unusual) -> Arrival {
    var sequence: UInt64 = 0
    var message: Message?
    var position: [UInt8] = []
    var length: UInt64 = 0
    var reader = ProtobufReader(bytes)
    while let field = try reader.nextField() {
      switch field.number {
      case 1: sequence = try field.value.number()
      // One that comes twice is to be merged.
      case 2 where message == nil: message = try self.message(field.value.bytes())
      case chunkedLength: length = try field.value.number()
      case 3: position = [UInt8](try field.value.bytes())
      default: throw Unusual()
      }
    }
    guard let message else { throw Unusual() }
    return Arrival(sequence: sequence, message: message, position: position, chunkedLength: length)
  }

  private mutating func message(_ bytes: UnsafeRawBufferPointer) throws(Unusual) -> Message {
    var (id, contentType) = ("", "")
    var payload: [UInt8] = []
    var metadata: MessageMetadata?
    var headers: [MessageHeaders.Field] = []
    var timestamp: Timestamp?
    var reader = ProtobufReader(bytes)
    while let field = try reader.nextField() {
      let value = try field.value.bytes()
      switch field.number {
      case 1: id = try value.text()
      case 2: payload = [UInt8](value)
      case 3: contentType = try value.text()
      case 4 where metadata == nil: metadata = try MessageMetadata(encoded: value)
      case 5:
        try countElement()
        headers.append(try MessageHeaders.Field(encoded: value))
      case 6 where timestamp == nil: timestamp = try Timestamp(encoded: value)
      default: throw Unusual()
      }
    }
    return Message(
      id: id,
      payload: payload,
      contentType: contentType,
      metadata: metadata ?? MessageMetadata(),
      headers: MessageHeaders(headers),
      timestamp: timestamp ?? .now
    )
  }
}

extension MessageMetadata {
  fileprivate init(encoded bytes: UnsafeRawBufferPointer) throws(Unusual) {
    self.init()
    var reader = ProtobufReader(bytes)
    while let field = try reader.nextField() {
      let text = try field.value.bytes().text()
      switch field.number {
      case 1: customerID = text
      case 2: tenantID = text
      case 3: integrationID = text
      case 4: source = text
      case 5: destination = text
      case 6: correlationID = text
      case 7: traceID = text
      default: throw Unusual()
      }
    }
  }
}

extension MessageHeaders.Field {
  fileprivate init(encoded bytes: UnsafeRawBufferPointer) throws(Unusual) {
    self.init(name: "", value: "")
    var reader = ProtobufReader(bytes)
    while let field = try reader.nextField() {
      switch field.number {
      case 1: name = try field.value.bytes().text()
      case 2: value = try field.value.bytes().text()
      default: throw Unusual()
      }
    }
  }
}

extension Timestamp {
  /// Now, when it cannot be.
  fileprivate init(encoded bytes: UnsafeRawBufferPointer) throws(Unusual) {
    var (seconds, nanoseconds): (Int64, Int32) = (0, 0)
    var reader = ProtobufReader(bytes)
    while let field = try reader.nextField() {
      switch field.number {
      case 1: seconds = Int64(bitPattern: try field.value.number())
      case 2: nanoseconds = Int32(truncatingIfNeeded: try field.value.number())
      default: throw Unusual()
      }
    }
    self = Timestamp(seconds: seconds, nanoseconds: nanoseconds) ?? .now
  }
}

extension ProtobufReader {
  /// Nil at the end and nowhere else.
  @inline(__always)
  fileprivate mutating func nextField() throws(Unusual) -> Field? {
    if let field = next() { return field }
    guard isAtEnd else { throw Unusual() }
    return nil
  }

  /// The field of a message that has one.
  static func onlyField(of message: UnsafeRawBufferPointer) throws(Unusual) -> Field {
    var reader = ProtobufReader(message)
    guard let field = reader.next(), reader.isAtEnd else { throw Unusual() }
    return field
  }
}

extension ProtobufReader.Value {
  func number() throws(Unusual) -> UInt64 {
    guard case .varint(let number) = self else { throw Unusual() }
    return number
  }

  func bytes() throws(Unusual) -> UnsafeRawBufferPointer {
    guard case .bytes(let bytes) = self else { throw Unusual() }
    return bytes
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func text() throws(Unusual) -> String {
    guard let text = String(validating: self, as: UTF8.self) else { throw Unusual() }
    return text
  }
}
