import RopewalkCore
import RopewalkJournal

/// An entry with everything that can be made of it before the writer has its turn.
struct PreparedEntry: Sendable {
  let entry: JournalEntry
  let detail: [UInt8]
  /// What the entry counts against the journal's bytes.
  let size: Int
  let digest: IDDigest
  /// Whether the payload is to lie in a file of its own.
  let isLarge: Bool
  /// Where the payload lies when it is not in the row.
  private(set) var file: PayloadFile?
  /// The checksum of what belongs to the payload, but for its destinations: the writer knows their numbers.
  let sum: Int64
  private(set) var payloadSum: Int64?

  init(_ entry: JournalEntry, isLarge: Bool) {
    let message = entry.message
    self.entry = entry
    self.isLarge = isLarge
    self.detail = MessageDetail.encode(entry)
    self.sum = RowSum.ofMessage(
      id: message.id,
      time: message.timestamp.nanoseconds,
      letter: entry.replay?.letterID,
      stage: entry.replay?.stage,
      detail: detail
    )
    self.payloadSum = RowSum.ofPayloads(isLarge ? nil : message.payload)
    self.size = message.headers.fields.reduce(message.payload.count + message.id.utf8.count) {
      $0 + $1.name.utf8.count + $1.value.utf8.count
    }
    let scope = IDDigest.Scope(integration: message.metadata.integrationID, customer: message.metadata.customerID)
    var id = message.id
    self.digest = id.withUTF8 { IDDigest(UnsafeRawBufferPointer($0), in: scope) }
  }

  /// The payload lies there.
  mutating func keep(in file: PayloadFile) {
    self.file = file
    self.payloadSum = RowSum.ofPayloads(nil, file: file.name)
  }
}
