import ArgumentParser
import RopewalkCore
import RopewalkTesting
import Synchronization

/// `kill -9` of nodes of a cluster, each at its own random instants, while others take over.
struct KilledNode: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "killed-node",
    abstract: "Kills the nodes of a cluster, one that takes messages, two with logic and two that deliver, at random instants."
  )

  private static let roles = ["incoming", "logic", "logic", "outgoing", "outgoing"]

  @OptionGroup var options: TrialOptions

  func run() async throws {
    try await NATSServer.run(.init(syncsAlways: true)) { server in
      try await options.verdict("kill -9 of a cluster's nodes, \(options.rounds) times") { host in
        host.nats = server.url
      } _: { trial, _ in
        let deaths = Deaths()
        try await withThrowingDiscardingTaskGroup { group in
          for (place, role) in Self.roles.enumerated() {
            group.addTask {
              var generator = SeededGenerator(seed: options.seed &+ UInt64(place))
              while deaths.count < options.rounds {
                let life = Duration.milliseconds(Int.random(in: 300...3000, using: &generator))
                try await trial.host.runNode(role: role, data: "node-\(place)") { running in
                  try await Task.sleep(for: life)
                  try running.kill()
                }
                options.progress(min(options.rounds, deaths.add()))
              }
            }
          }
        }
      }
    }
  }
}

/// Counts over all nodes.
private final class Deaths: Sendable {
  private let value = Atomic(0)

  var count: Int { value.load(ordering: .relaxed) }

  func add() -> Int { value.add(1, ordering: .relaxed).newValue }
}
