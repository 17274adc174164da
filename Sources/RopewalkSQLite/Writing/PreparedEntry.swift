import RopewalkCore
import RopewalkJournal

/// An entry with everything that can be made of it before the writer has its turn.
struct PreparedEntry: Sendable {
  let entry: JournalEntry
  let detail: [UInt8]
  /// What the entry counts against the journal's bytes.
  let size: Int
  let digest: IDDigest
  /// Where the payload lies when it is not in the row.
  var file: PayloadFile?

  init(_ entry: JournalEntry) {
    let message = entry.message
    self.entry = entry
    self.detail = MessageDetail.encode(entry)
    self.size = message.headers.fields.reduce(message.payload.count + message.id.utf8.count) {
      $0 + $1.name.utf8.count + $1.value.utf8.count
    }
    let scope = IDDigest.Scope(integration: message.metadata.integrationID, customer: message.metadata.customerID)
    var id = message.id
    self.digest = id.withUTF8 { IDDigest(UnsafeRawBufferPointer($0), in: scope) }
  }
}
