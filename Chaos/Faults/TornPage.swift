import ArgumentParser
import Foundation
import RopewalkCore

/// A power cut in the middle of a write: the host is killed, and what its log has behind the last whole transaction is torn.
///
/// Nothing before that place may be: the host syncs a transaction before it acknowledges what is in it, and nobody can tell from
/// outside which ones it had synced already. What the journal makes of damage there, `DamageTests` of its own show.
struct TornPage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torn-page",
    abstract: "Kills the host and tears the transaction at the end of its journal, as a power cut does."
  )

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await options.verdict("a torn last transaction, \(options.rounds) rounds") { trial, generator in
      var generator = generator
      for round in 1...options.rounds {
        try await trial.host.run { running in
          try await trial.host.waitUntilReady()
          try await Task.sleep(for: .milliseconds(Int.random(in: 50...600, using: &generator)))
          try running.kill()
        }
        let wasWriting = try Self.tear(trial.host.data + "/journal/journal.sqlite-wal", using: &generator)
        trial.tally.add(wasWriting ? 1 : 0, to: "killed amid a transaction")
        options.progress(round)
      }
    }
  }

  /// Where the host was killed amid a transaction, that one is cut off or written over from anywhere in it on; otherwise one is
  /// put there of which the last page is torn. In both cases noise follows behind the file's end.
  /// - Returns: whether the host was killed amid a transaction.
  private static func tear(_ path: String, using generator: inout SeededGenerator) throws -> Bool {
    let log = try WriteAheadLog(file: path)
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    defer { try? file.close() }
    let wasWriting = log.unfinishedEnd > log.end
    if wasWriting {
      let place = Int.random(in: log.end..<log.unfinishedEnd, using: &generator)
      if Bool.random(using: &generator) {
        try file.truncate(atOffset: UInt64(place))
      } else {
        try file.seek(toOffset: UInt64(place))
        try file.write(contentsOf: WriteAheadLog.noise(log.unfinishedEnd - place, using: &generator))
      }
    } else {
      try file.seek(toOffset: UInt64(log.end))
      try file.write(contentsOf: log.tornTransaction(using: &generator))
    }
    try file.seekToEnd()
    try file.write(contentsOf: WriteAheadLog.noise(.random(in: 1...4000, using: &generator), using: &generator))
    return wasWriting
  }
}
