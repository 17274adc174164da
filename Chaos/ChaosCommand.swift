import ArgumentParser

/// Does to a running Ropewalk what must not lose a message, and counts.
@main struct ChaosCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract:
      "Breaks a running Ropewalk under load in one way or another, and holds what became of every message against the delivery law.",
    subcommands: [
      KilledHost.self, KilledConnector.self, KilledPlugins.self, TornPage.self, FullDisk.self, KilledNode.self, KilledNATS.self,
      CutNetwork.self, JumpingClock.self,
    ]
  )
}
