import ArgumentParser
import RopewalkCore
import RopewalkDaemon

/// Where what was accepted is kept, and for how long.
struct JournalOptions: ParsableArguments {
  @Option(name: .customLong("journal"), help: "Where accepted messages are kept: sqlite (in the data folder) or memory.")
  var kind: JournalSettings.Kind = .sqlite

  @Option(help: "What an accepted message survives: fsync (a power cut) or process (kill -9, not a power cut).")
  var durability: JournalSettings.Durability = .fsync

  @Option(name: .customLong("dedupe-window"), help: "How long a message id is remembered to recognise duplicates, such as 10m.")
  var dedupeWindow = DurationArgument(.seconds(600))

  @Option(name: .customLong("dead-letter-retention"), help: "How long dead letters are kept, such as 12h or 30d.")
  var deadLetterRetention = DurationArgument(.seconds(30 * 86_400))

  @Option(
    name: .customLong("settled-retention"),
    help: "How long settled messages stay in the database, to look into it by hand, such as 24h."
  )
  var settledRetention = DurationArgument(.zero)

  @Option(name: .customLong("journal-max-entries"), help: "Messages accepted and not settled (default: 10,000,000; in memory 100,000).")
  var maxEntries: Int?

  @Option(name: .customLong("journal-max-size"), help: "Bytes of those messages, such as 512Mi (default: 10Gi; in memory 512Mi).")
  var maxSize: ByteCountArgument?

  @Option(name: .customLong("max-dead-letters"), help: "Dead letters that are kept (default: 100,000).")
  var maxDeadLetters: Int?

  func validate() throws {
    for (name, number) in [("journal-max-entries", maxEntries), ("max-dead-letters", maxDeadLetters)] {
      if let number, number < 1 { throw ValidationError("--\(name) is at least 1") }
    }
  }

  var settings: JournalSettings {
    var settings = JournalSettings()
    settings.kind = kind
    settings.durability = durability
    settings.dedupeWindow = dedupeWindow.duration
    settings.deadLetterRetention = deadLetterRetention.duration
    settings.settledRetention = settledRetention.duration
    settings.maxEntries = maxEntries
    settings.maxSize = maxSize?.size
    settings.maxDeadLetters = maxDeadLetters
    return settings
  }
}

extension JournalSettings.Kind: ExpressibleByArgument {}
extension JournalSettings.Durability: ExpressibleByArgument {}

/// A duration on the command line: `250ms`, `10m`, `30d`.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init(_ duration: Duration) {
    self.duration = duration
  }

  init?(argument: String) {
    guard let duration = Duration(parsing: argument) else { return nil }
    self.duration = duration
  }

  var defaultValueDescription: String {
    let days = duration.components.seconds / 86_400
    return days > 0 && duration == .seconds(days * 86_400) ? "\(days)d" : duration == .zero ? "0s" : duration.shortText
  }
}

/// A size on the command line: `512Mi`, `10Gi`.
struct ByteCountArgument: ExpressibleByArgument {
  let size: ByteCount

  init?(argument: String) {
    guard let size = ByteCount(parsing: argument) else { return nil }
    self.size = size
  }
}
