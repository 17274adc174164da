import ArgumentParser
import Foundation
import RopewalkCore

/// `kill -9` of connectors in processes of their own, under a host that stays.
struct KilledConnector: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "killed-connector",
    abstract: "Kills the processes of the connectors, one that takes messages and two that deliver, at random instants."
  )

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await options.verdict("kill -9 of connectors, \(options.rounds) times") { host in
      try host.use(.processes)
    } _: { trial, generator in
      var generator = generator
      try await trial.host.run { running in
        try await trial.host.waitUntilReady()
        for round in 1...options.rounds {
          // Some die while they start. One that died so five times in a row is left alone for a while.
          try await Task.sleep(for: .milliseconds(Int.random(in: 100...1500, using: &generator)))
          // One of them, or now and then all.
          let connectors = try await Self.connectors(of: running)
          let victims =
            Int.random(in: 0..<5, using: &generator) == 0 ? connectors : connectors.randomElement(using: &generator).map { [$0] } ?? []
          for victim in victims { Foundation.kill(victim, SIGKILL) }
          options.progress(round)
        }
        try running.terminate()
      }
    }
  }

  private static func connectors(of running: Running) async throws -> [Int32] {
    try await Descendants.waitForSome(["ropewalk-connector"], of: running.pid)
  }
}
