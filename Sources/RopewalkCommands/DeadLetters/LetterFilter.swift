import ArgumentParser
import RopewalkCore
import RopewalkJournal

/// The options that say which dead letters are meant.
struct LetterFilter: ParsableArguments {
  enum State: String, ExpressibleByArgument, CaseIterable {
    case open, replayed, discarded, all
  }

  @Option(help: "Only letters of this integration.")
  var integration: String?

  @Option(help: "Only letters of this customer.")
  var customer: String?

  @Option(help: "Only letters of this stage: a step's name, 'delivery' or 'start'.")
  var stage: String?

  @Option(help: "Only letters with this error code, or with the code that a step gave to RaiseError.")
  var code: String?

  @Option(help: "Only letters that failed then or later: 2h or 3d for so long ago, 2026-11-21, 2026-11-21T10:15:30Z.")
  var since: TimeArgument?

  @Option(help: "Only letters that failed before: written as for --since.")
  var until: TimeArgument?

  /// Whether any of them is given.
  var isGiven: Bool {
    integration != nil || customer != nil || stage != nil || code != nil || since != nil || until != nil
  }

  func query(ids: [String] = [], state: State) -> DeadLetterQuery {
    DeadLetterQuery(
      ids: ids.isEmpty ? nil : ids,
      integration: integration,
      customer: customer,
      stage: stage,
      code: code,
      since: since?.time,
      until: until?.time,
      state: DeadLetterQuery.State(rawValue: state.rawValue)
    )
  }
}
