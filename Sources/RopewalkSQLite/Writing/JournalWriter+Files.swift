extension JournalWriter {
  /// Counts one more use of a file, which is made known when it is new.
  /// - Returns: the file's number.
  func use(_ file: PayloadFile) throws -> Int64 {
    statements.findFile.bind(file.name, at: 1)
    if let number = try statements.findFile.first({ $0.integer(0) }) {
      try changeUses(of: number, by: 1)
      return number
    }
    statements.insertFile.bind(file.name, at: 1)
    statements.insertFile.bind(Int64(file.size), at: 2)
    guard let number = try statements.insertFile.first({ $0.integer(0) }) else {
      throw SQLiteFailure(corrupt: "an inserted file is not there")
    }
    return number
  }

  /// Ends one use of a file; with the last one, the file is removed once the transaction is committed.
  func giveBack(file number: Int64) throws {
    guard let left = try changeUses(of: number, by: -1), left.uses <= 0 else { return }
    statements.removeFile.bind(number, at: 1)
    try statements.removeFile.run()
    unusedFiles.append(left.name)
  }

  /// Does so for a message's file, where it has one, before its row goes. One that it refers to by mistake is another's.
  func giveBackFile(ofMessage position: Int64) throws {
    statements.messageFile.bind(position, at: 1)
    let file = try statements.messageFile.first { row in
      (number: row.integer(0), isOwn: RowSum.matches(row.optionalInteger(2), RowSum.ofPayloads(nil, file: row.text(1))))
    }
    if let file, file.isOwn { try giveBack(file: file.number) }
  }

  /// The same for a dead letter's files.
  func giveBackFiles(ofLetter number: Int64) throws {
    statements.letterFiles.bind(number, at: 1)
    let files = try statements.letterFiles.first { row -> [Int64] in
      let files = [row.optionalInteger(0), row.optionalInteger(1)].compactMap(\.self)
      guard !files.isEmpty else { return [] }
      let sum = RowSum.ofPayloads(
        row.optionalBytes(4),
        file: row.optionalText(2),
        original: row.optionalBytes(5),
        originalFile: row.optionalText(3)
      )
      return RowSum.matches(row.optionalInteger(6), sum) ? files : []
    }
    for file in files ?? [] { try giveBack(file: file) }
  }

  /// Removes the files that nothing refers to since the transaction was committed.
  func removeUnusedFiles() throws {
    guard !unusedFiles.isEmpty else { return }
    // A power cut must not bring back what refers to them.
    if !isSyncing { try statements.checkpoint.rows { _ in true } }
    for file in unusedFiles { payloads.remove(file) }
    unusedFiles.removeAll()
  }

  func isKnown(file name: String) throws -> Bool {
    statements.knownFile.bind(name, at: 1)
    return try statements.knownFile.first { _ in true } ?? false
  }

  func isKnown(message position: Int64) throws -> Bool {
    statements.readMessage.bind(position, at: 1)
    return try statements.readMessage.first { _ in true } ?? false
  }

  @discardableResult
  private func changeUses(of number: Int64, by change: Int64) throws -> (uses: Int64, name: String)? {
    statements.useFile.bind(change, at: 1)
    statements.useFile.bind(number, at: 2)
    return try statements.useFile.first { ($0.integer(0), $0.text(1)) }
  }
}
