import ArgumentParser
import RopewalkCore
import RopewalkTesting

/// The network between the nodes of a cluster and NATS is cut and mended.
struct CutNetwork: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cut-network",
    abstract: "Cuts the connections between a node and the NATS server at random instants, for a while each."
  )

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      let wire = try await Wire.lay(to: server.url)
      try await options.verdict("a network cut \(options.rounds) times") { host in
        host.nats = wire.url
      } _: { trial, generator in
        var generator = generator
        try await trial.host.run { running in
          try await trial.host.waitUntilReady()
          for round in 1...options.rounds {
            try await Task.sleep(for: .milliseconds(Int.random(in: 100...1500, using: &generator)))
            wire.cut()
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...2000, using: &generator)))
            wire.mend()
            options.progress(round)
          }
          try running.kill()
        }
      } finally: { _ in
        try await wire.close()
      }
    }
  }
}
