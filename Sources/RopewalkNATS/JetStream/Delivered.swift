package import RopewalkCore

/// A message that a consumer handed to us.
package struct Delivered: Sendable {
  package var subject: String
  /// Our one header.
  package var note: String?
  package var payload: [UInt8]
  /// Where the acknowledgement goes.
  package var reply: String
  /// Its place in the stream.
  package var sequence: UInt64
  /// Its place among what the consumer handed out.
  package var consumerSequence: UInt64
  /// How often it was handed out, this time included.
  package var deliveries: Int
  /// How many more the consumer had for us then.
  package var pending: Int
  /// When the server stored it.
  package var time = Timestamp(nanoseconds: 0)
}

extension Delivered {
  /// Nil for what is no message of a stream.
  init?(_ message: borrowing NATSMessage) {
    guard let reply = message.reply, let place = Place(reply) else { return nil }
    self.reply = reply
    sequence = place.sequence
    consumerSequence = place.consumerSequence
    deliveries = place.deliveries
    pending = place.pending
    time = place.time
    subject = message.subject
    note = message.header(StoredMessage.noteHeader)
    payload = message.payload
  }

  /// What the subject of the acknowledgement tells: `$JS.ACK.stream.consumer.deliveries.sequence.consumerSequence.time.pending`,
  /// from newer servers with the domain and the account in front of the stream.
  private struct Place {
    var deliveries = 0
    var sequence: UInt64 = 0
    var consumerSequence: UInt64 = 0
    var time = Timestamp(nanoseconds: 0)
    var pending = 0

    init?(_ subject: String) {
      let bytes = subject.utf8
      let dots = bytes.reduce(0) { $1 == UInt8(ascii: ".") ? $0 + 1 : $0 }
      guard dots >= 8, subject.hasPrefix("$JS.ACK.") else { return nil }
      let first = dots == 8 ? 4 : 6
      var field = 0
      var value: UInt64 = 0
      for byte in bytes {
        if byte == UInt8(ascii: ".") {
          set(field - first, value)
          field += 1
          value = 0
        } else if field >= first {
          value = value &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
        }
      }
      set(field - first, value)
    }

    private mutating func set(_ field: Int, _ value: UInt64) {
      switch field {
      case 0: deliveries = Int(truncatingIfNeeded: value)
      case 1: sequence = value
      case 2: consumerSequence = value
      case 3: time = Timestamp(nanoseconds: Int64(truncatingIfNeeded: value))
      case 4: pending = Int(truncatingIfNeeded: value)
      default: break
      }
    }
  }
}

extension NATSConnection {
  /// How a delivered message ends, or does not end yet.
  package enum Acknowledgement: Sendable, Equatable {
    case done
    /// Deliver it again after a while.
    case again(after: Duration)
    /// It is being worked on: the wait for its acknowledgement begins anew.
    case inProgress
    /// Never deliver it again.
    case never

    var text: String {
      switch self {
      case .done: "+ACK"
      case .again(let delay): "-NAK {\"delay\":\(delay.nanoseconds)}"
      case .inProgress: "+WPI"
      case .never: "+TERM"
      }
    }
  }

  /// Sends an acknowledgement on its way. One that is lost is followed by another delivery.
  package func acknowledge(_ message: Delivered, _ acknowledgement: Acknowledgement) {
    try? publish(NATSOutgoing(message.reply, payload: Array(acknowledgement.text.utf8)))
  }
}
