import FoundationEssentials
import GoPlugin
import GoPluginTesting
import Logging
import RopewalkTesting

/// The programs that the tests start.
enum Peers {
  private static let package = String(#filePath.prefix(#filePath.count - "/Tests/GoPluginTests/Peers.swift".count))

  /// Built by `scripts/build-go-plugins`.
  static let goPlugin = "\(package)/.build/go-plugins/plugin"
  static let goHost = "\(package)/.build/go-plugins/host"
  static let areBuilt = [goPlugin, goHost].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }

  /// Built with the tests, beside them.
  static let swiftPeer = "\(package)/.build/debug/GoPluginPeer"

  static func configuration(_ executable: String, _ arguments: String...) -> PluginConfiguration {
    var configuration = PluginConfiguration(executable: executable, cookie: Echo.cookie, protocolVersions: [1, 3])
    configuration.arguments = arguments
    return configuration
  }

  /// A plugin that is a shell script.
  static func script(_ text: String) -> PluginConfiguration { configuration("/bin/sh", "-c", text) }

  static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  /// How many calls of each kind a test of the traps makes, and over how long: many where `GOPLUGIN_SOAK` is set.
  static let isSoak = ProcessInfo.processInfo.environment["GOPLUGIN_SOAK"] != nil
}
