import ArgumentParser
import RopewalkCore

/// The civil clock is set back by up to twenty years or on by some minutes, while the host runs and while it does not.
///
/// Not further on: a host that starts with a clock some days ahead ends the window of message ids early, as
/// docs/guide/durability.md says. The journal's time never goes back, so however often the clock jumps it gains at most 240 s;
/// a sender who tries again within six minutes then still finds his message's id in the window of ten.
struct JumpingClock: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jumping-clock",
    abstract: "Sets the host's clock back and on at random instants, and kills the host now and then meanwhile."
  )

  private static let furthestBack = 20 * 365 * 86_400
  private static let furthestOn = 240

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await options.verdict("a clock that is set \(options.rounds) times") { host in
      host.clock = try await ShiftedClock(in: host.folder)
    } _: { trial, generator in
      guard let clock = trial.host.clock else { return }
      var generator = generator
      var round = 0
      while round < options.rounds {
        try await trial.host.run { running in
          try await trial.host.waitUntilReady()
          // Some jumps in each life, and one while it is dead.
          for _ in 0..<Int.random(in: 1...4, using: &generator) where round < options.rounds {
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...300, using: &generator)))
            round += 1
            try clock.set(Self.jump(using: &generator))
            options.progress(round)
          }
          try await Task.sleep(for: .milliseconds(Int.random(in: 20...300, using: &generator)))
          try running.kill()
        }
        try clock.set(Self.jump(using: &generator))
      }
    }
  }

  private static func jump(using generator: inout SeededGenerator) -> Duration {
    Bool.random(using: &generator)
      ? .seconds(-Int.random(in: 1...furthestBack, using: &generator))
      : .seconds(Int.random(in: 0...furthestOn, using: &generator))
  }
}
