/// A payload in a file of its own.
struct PayloadFile: Sendable {
  let name: String
  let size: Int
}

/// A file of a dead letter's payload.
struct LetterFile: Sendable {
  let file: PayloadFile
  /// Something else refers to it too; otherwise it was made for this letter alone.
  let isShared: Bool
}
