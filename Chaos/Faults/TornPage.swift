import ArgumentParser
import Foundation
import RopewalkCore

/// A power cut in the middle of a write: the host is killed, and behind the end of what it wrote stands half a page.
struct TornPage: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "torn-page",
    abstract: "Kills the host and leaves half a page of noise at the end of its journal, as a power cut does."
  )

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await options.verdict("a torn last page, \(options.rounds) rounds") { trial, generator in
      var generator = generator
      for round in 1...options.rounds {
        try await trial.host.run { running in
          try await trial.host.waitUntilReady()
          try await Task.sleep(for: .milliseconds(Int.random(in: 50...600, using: &generator)))
          try running.kill()
        }
        try Self.tear(in: trial.host.data, using: &generator)
        options.progress(round)
      }
    }
  }

  private static func tear(in folder: String, using generator: inout SeededGenerator) throws {
    let logs = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String }.filter { $0.hasSuffix("-wal") } ?? []
    guard !logs.isEmpty else { throw Failure("there is no write-ahead log in \(folder)") }
    for log in logs {
      guard let file = FileHandle(forWritingAtPath: folder + "/" + log) else { throw Failure("cannot open \(log)") }
      try file.seekToEnd()
      let noise = (0..<Int.random(in: 1...4000, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
      try file.write(contentsOf: Data(noise))
      try file.close()
    }
  }
}
