import FoundationEssentials
import RopewalkCore

// Plans become frames after the state machine's lock is released: encoding is most of the work.

extension WireHostFrame {
  init<Ticket: Sendable>(_ plan: HostExchangeStateMachine<Ticket>.Plan) {
    self.init()
    switch plan {
    case .open(let opening): open = WireOpen(opening)
    case .receipts(let receipts): self.receipts.receipts = receipts
    case .credit(let messages, let bytes): credit = WireCredit(messages: messages, bytes: bytes)
    case .cancel(let sequence): cancel.sequence = sequence
    case .batch(let departures):
      var batch = WireOutgoingBatch()
      batch.messages = departures.map { departure in
        var message = WireOutgoingMessage()
        message.sequence = departure.sequence
        message.message = WireMessage(departure.message)
        message.chunkedLength = UInt64(departure.chunkedLength)
        return message
      }
      send = batch
    case .chunk(let chunk): self.chunk = WireChunk(sequence: chunk.sequence, chunk.data)
    case .finish: finish = WireFinish()
    }
  }
}

extension WireConnectorFrame {
  /// Nil for the end of the stream, which is no frame.
  init?<Ticket: Sendable>(_ plan: ConnectorExchangeStateMachine<Ticket>.Plan) {
    self.init()
    switch plan {
    case .opened(let error, let messages, let bytes):
      var opened = WireOpened()
      if let error { opened.error = WireError(error) }
      opened.credit = WireCredit(messages: messages, bytes: bytes)
      self.opened = opened
    case .outcomes(let outcomes): self.outcomes.outcomes = outcomes
    case .credit(let messages, let bytes): credit = WireCredit(messages: messages, bytes: bytes)
    case .batch(let departures):
      var batch = WireIncomingBatch()
      batch.messages = departures.map { departure in
        var message = WireIncomingMessage()
        message.sequence = departure.sequence
        message.message = WireMessage(departure.message)
        message.position = Data(departure.position)
        message.chunkedLength = UInt64(departure.chunkedLength)
        return message
      }
      received = batch
    case .chunk(let chunk): self.chunk = WireChunk(sequence: chunk.sequence, chunk.data)
    case .sourceEnded(let error):
      ended = WireEnded()
      if let error { ended.error = WireError(error) }
    case .end: return nil
    }
  }
}

extension WireCredit {
  init(messages: Int, bytes: Int) {
    self.init()
    self.messages = UInt32(clamping: messages)
    self.bytes = UInt64(bytes)
  }
}

extension WireChunk {
  init(sequence: UInt64, _ data: ArraySlice<UInt8>) {
    self.init()
    self.sequence = sequence
    self.data = Data(data)
  }
}

extension WireOpen {
  init<Ticket: Sendable>(_ opening: HostExchangeStateMachine<Ticket>.Opening) {
    self.init()
    connectionID = opening.connectionID
    send = opening.ends.contains(.outgoing)
    receive = opening.ends.contains(.incoming)
    resumePosition = Data(opening.resumePosition)
    maxInlinePayload = UInt64(opening.limits.maxInlinePayload)
    maxPayload = UInt64(opening.limits.maxPayload)
    credit = WireCredit(messages: opening.limits.windowMessages, bytes: opening.limits.windowBytes)
  }
}
