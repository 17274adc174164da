import RopewalkCore

/// A message to be sent. On its way into a frame it is handed on again and again, under a stream's lock for the most part: a
/// reference is cheaper to hand on than a dozen strings.
final class Parcel: Sendable {
  let message: Message
  let position: [UInt8]

  init(_ message: Message, position: [UInt8]) {
    self.message = message
    self.position = position
  }

  var withoutPayload: Parcel {
    var message = message
    message.payload = []
    return Parcel(message, position: position)
  }
}

/// A message as it goes into a frame.
struct Departure: Sendable {
  var sequence: UInt64
  var parcel: Parcel
  /// More than 0: the payload follows in chunks and is so long.
  var chunkedLength: Int

  var message: Message { parcel.message }
  var position: [UInt8] { parcel.position }
}

struct DepartingChunk: Sendable {
  var sequence: UInt64
  var data: ArraySlice<UInt8>
}

extension Message {
  /// About how many bytes of a frame it takes beside its payload.
  var sizeBesidePayload: Int {
    headers.fields.reduce(id.utf8.count + contentType.utf8.count + 128) { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 }
  }
}
