/// What of a row is not what was written: one byte of it is enough.
enum RowDamage: Sendable {
  /// The payload, and nothing that belongs to it.
  case payload
  /// What belongs to a message's payload, so that neither is believed.
  case message
  /// What belongs to a letter's payloads, so that neither is believed.
  case letter

  /// - Parameters:
  ///   - id: the letter's where that is damaged, otherwise the message's.
  ///   - folder: the journal's.
  func words(_ id: String, customer: String, integration: String, in folder: JournalFolder) -> String {
    "the \(self == .letter ? "dead letter" : "message") '\(id)' of customer '\(customer)' (integration '\(integration)') "
      + "is damaged in the journal '\(folder.path)': \(remedy); see docs/guide/durability.md, \"A damaged message\""
  }

  private var remedy: String {
    switch self {
    case .payload:
      "its payload is not what was written; replay its dead letter with --payload, or discard it"
    case .message:
      "its headers and what else belongs to its payload are not what was written; have it sent again, or replay its dead letter "
        + "with --payload"
    case .letter:
      "its headers and what else belongs to its payload are not what was written; have its message sent again, and discard it"
    }
  }
}
