import ArgumentParser
import RopewalkDaemon

/// How a node keeps the cluster's journal. All nodes of a tenant are told the same.
struct NodeJournalOptions: ParsableArguments {
  /// JetStream takes none for its own default of two minutes, and refuses shorter ones.
  private static let shortestWindow: Duration = .milliseconds(100)

  @Option(
    name: .customLong("dedupe-window"),
    help: "How long message ids are remembered to recognise duplicates, when the streams are made, such as 10m."
  )
  var dedupeWindow = DurationArgument(.seconds(600))

  @Option(name: .customLong("dead-letter-retention"), help: "How long dead letters are kept, such as 12h or 30d.")
  var deadLetterRetention = DurationArgument(.seconds(30 * 86_400))

  @Option(name: .customLong("max-dead-letters"), help: "Dead letters that are kept (default: 100,000).")
  var maxDeadLetters: Int?

  func validate() throws {
    if dedupeWindow.duration < Self.shortestWindow { throw ValidationError("--dedupe-window is at least 100ms") }
    if let maxDeadLetters, maxDeadLetters < 1 { throw ValidationError("--max-dead-letters is at least 1") }
  }

  /// - Parameter cluster: how to reach it.
  func settings(for cluster: ClusterSettings) -> ClusterSettings {
    var settings = cluster
    settings.dedupeWindow = dedupeWindow.duration
    settings.deadLetterRetention = deadLetterRetention.duration
    settings.maxDeadLetters = maxDeadLetters
    return settings
  }
}
