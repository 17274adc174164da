import ArgumentParser
import Foundation
import RopewalkCore
import Subprocess

/// A clock on the wall that jumps by hours while the host runs.
struct JumpingClock: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jumping-clock",
    abstract: "Sets the host's clock hours forward and back while it runs, and kills it now and then. Needs libfaketime."
  )

  /// Where Debian's package has it.
  private static let library = "/usr/lib/\(machine)-linux-gnu/faketime/libfaketimeMT.so.1"

  @OptionGroup var options: TrialOptions

  func run() async throws {
    guard FileManager.default.fileExists(atPath: Self.library) else {
      throw ValidationError("install libfaketime first: apt-get install libfaketime")
    }
    try await options.verdict("a clock that jumps, \(options.rounds) times") { host in
      let offset = host.folder + "/clock"
      try Data("+0".utf8).write(to: URL(fileURLWithPath: offset))
      host.environment = [
        "LD_PRELOAD": Self.library, "FAKETIME_TIMESTAMP_FILE": offset, "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1",
      ]
    } _: { trial, generator in
      var generator = generator
      var round = 0
      while round < options.rounds {
        try await trial.host.run { running in
          try await trial.host.waitUntilReady()
          for _ in 0..<4 where round < options.rounds {
            let hours = Int.random(in: -48...48, using: &generator)
            try Data("\(hours < 0 ? "" : "+")\(hours)h".utf8).write(to: URL(fileURLWithPath: trial.host.folder + "/clock"))
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...300, using: &generator)))
            round += 1
            options.progress(round)
          }
          try running.kill()
        }
      }
    }
  }

  private static var machine: String {
    #if arch(arm64)
      "aarch64"
    #else
      "x86_64"
    #endif
  }
}
