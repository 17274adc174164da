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
  /// What the row's checksums are.
  private(set) var sum: Int64
  let payloadSum: Int64?

  init(_ entry: JournalEntry, isLarge: Bool) {
    let message = entry.message
    self.entry = entry
    self.isLarge = isLarge
    self.detail = MessageDetail.encode(entry)
    self.sum = Self.sum(of: entry, detail, in: nil)
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
    self.sum = Self.sum(of: entry, detail, in: file)
  }

  private static func sum(of entry: JournalEntry, _ detail: [UInt8], in file: PayloadFile?) -> Int64 {
    RowSum.ofMessage(
      id: entry.message.id,
      time: entry.message.timestamp.nanoseconds,
      letter: entry.replay?.letterID,
      stage: entry.replay?.stage,
      file: file?.name,
      detail: detail
    )
  }
}
