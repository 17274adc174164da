import ArgumentParser
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline

/// The open dead letters that a command is to change: named one by one, or by a filter.
struct LetterChoice: ParsableArguments {
  @Argument(help: "The letters' ids; none where a filter says which.")
  var ids: [String] = []

  @OptionGroup var filter: LetterFilter

  @Flag(help: "All open letters.")
  var all = false

  @Flag(name: .shortAndLong, help: "Do not ask when a filter says which letters.")
  var yes = false

  func validate() throws {
    switch (ids.isEmpty, filter.isGiven || all) {
    case (true, false): throw ValidationError("Name letters by their ids or with a filter such as --integration, or say --all.")
    case (false, true): throw ValidationError("Name letters by their ids or with a filter, not both.")
    default: break
    }
  }

  /// Finds the letters, and asks before many are changed.
  /// - Parameter verb: what is done to them, such as `Replay`.
  /// - Returns: nil when the answer was no.
  /// - Throws: when a named letter is not there, or nobody can be asked.
  func select(in journal: any Journal, to verb: String) async throws -> LetterSelection? {
    let selection = try await LetterSelection(filter.query(ids: ids, state: .open), in: journal)
    guard ids.isEmpty else {
      let found = Set(selection.ids)
      for id in ids where !found.contains(id) { try await report(missing: id, in: journal) }
      return selection
    }
    guard !selection.ids.isEmpty, !yes else { return selection }
    guard Terminal.canAsk else {
      throw RopewalkError(
        .confirmationMissing,
        "\(verb.lowercased()) \(Self.summary(selection))? There is nobody to ask; add --yes when that is what you mean"
      )
    }
    return Terminal.confirm("\(verb) \(Self.summary(selection))?") ? selection : nil
  }

  /// `3 dead letters (orders 2, billing 1)`
  static func summary(_ selection: LetterSelection) -> String {
    let count = selection.ids.count
    let integrations = selection.integrations.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.key) \(PayloadText.grouped($0.value))" }
    return (count == 1 ? "1 dead letter" : "\(PayloadText.grouped(count)) dead letters") + " (\(integrations.joined(separator: ", ")))"
  }

  /// One of several that is not open any more is no reason to leave the others.
  private func report(missing id: String, in journal: any Journal) async throws {
    let letter = try await journal.deadLetter(id)
    Console.note("\(id) is \(letter.state.name.rawValue) already")
  }
}

extension ErrorCode {
  static let confirmationMissing = ErrorCode("confirmation.missing", .usage)
}
