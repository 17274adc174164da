import ArgumentParser
import RopewalkCore
import RopewalkTesting

/// `kill -9` of the NATS server under a cluster that goes on as soon as it is back.
struct KilledNATS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "killed-nats",
    abstract: "Kills the NATS server at random instants and starts it again, under nodes that stay."
  )

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      try await options.verdict("kill -9 of nats-server, \(options.rounds) times") { host in
        host.nats = server.url
      } _: { trial, generator in
        var generator = generator
        try await trial.host.run { running in
          try await trial.host.waitUntilReady()
          for round in 1...options.rounds {
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...1500, using: &generator)))
            server.kill()
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...700, using: &generator)))
            try await server.start()
            options.progress(round)
          }
          try running.kill()
        }
      }
    }
  }
}
