import FoundationEssentials
import GRPCCore
import GRPCProtobuf
import RopewalkCore
import SwiftProtobuf

// Plans become frames when they are serialized, after the state machine's lock is released: encoding is most of the work.
// Messages, their chunks and their answers, which come by the thousand, are written as they are; the rest by SwiftProtobuf.

/// Encodes what the host writes.
struct HostFrameSerializer<Ticket: Sendable>: MessageSerializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ plan: HostExchangeStateMachine<Ticket>.Plan) throws -> Bytes {
    var frame = WireHostFrame()
    switch plan {
    case .batch(let departures): return Bytes(ProtobufWriter.batch(of: departures, chunkedLength: 3).written)
    case .chunk(let chunk): return Bytes(ProtobufWriter.chunk(chunk).written)
    case .receipts(let receipts): return Bytes(try ProtobufWriter.batch(of: receipts).written)
    case .open(let opening): frame.open = WireOpen(opening)
    case .credit(let messages, let bytes): frame.credit = WireCredit(messages: messages, bytes: bytes)
    case .cancel(let sequence): frame.cancel.sequence = sequence
    case .finish: frame.finish = WireFinish()
    }
    return try ProtobufSerializer<WireHostFrame>().serialize(frame)
  }
}

/// Encodes what the connector writes.
struct ConnectorFrameSerializer<Ticket: Sendable>: MessageSerializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ plan: ConnectorExchangeStateMachine<Ticket>.Plan) throws -> Bytes {
    var frame = WireConnectorFrame()
    switch plan {
    case .batch(let departures): return Bytes(ProtobufWriter.batch(of: departures, chunkedLength: 4).written)
    case .chunk(let chunk): return Bytes(ProtobufWriter.chunk(chunk).written)
    case .outcomes(let outcomes): return Bytes(try ProtobufWriter.batch(of: outcomes).written)
    case .opened(let error, let messages, let bytes):
      if let error { frame.opened.error = WireError(error) }
      frame.opened.credit = WireCredit(messages: messages, bytes: bytes)
    case .credit(let messages, let bytes): frame.credit = WireCredit(messages: messages, bytes: bytes)
    case .sourceEnded(let error):
      frame.ended = WireEnded()
      if let error { frame.ended.error = WireError(error) }
    }
    return try ProtobufSerializer<WireConnectorFrame>().serialize(frame)
  }
}

extension WireCredit {
  fileprivate init(messages: Int, bytes: Int) {
    self.init()
    self.messages = UInt32(clamping: messages)
    self.bytes = UInt64(bytes)
  }
}

extension WireOpen {
  fileprivate init<Ticket: Sendable>(_ opening: HostExchangeStateMachine<Ticket>.Opening) {
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
