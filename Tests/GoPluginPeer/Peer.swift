import Glibc
import GoPlugin
import GoPluginTesting
import Logging

/// A plugin and hosts for the tests, as processes of their own:
///
///     GoPluginPeer plugin            serves the echo service under any go-plugin host
///     GoPluginPeer host PLUGIN DIR   starts a plugin with its sockets under DIR, prints its number and waits
///     GoPluginPeer cycles PLUGIN N   starts and ends a plugin N times, and prints what that cost
@main
enum Peer {
  static func main() async throws {
    LoggingSystem.bootstrap { HostLogHandler(label: $0) }
    let arguments = CommandLine.arguments.dropFirst()
    switch arguments.first {
    case "plugin":
      let logger = Logger(label: "peer")
      var configuration = PluginServerConfiguration(cookie: Echo.cookie, protocolVersions: [2, 3])
      configuration.stopGrace = .seconds(1)
      do {
        try await servePlugin(configuration, logger: logger) { version, broker in
          logger.info("serving", metadata: ["version": "\(version)"])
          return [Echo(broker: broker)]
        }
      } catch let error as GoPluginError {
        try? FileDescriptorOutput.standardError.write("\(error)\n")
        exit(1)
      }
    case "host":
      var configuration = configuration(arguments)
      configuration.socketDirectory = arguments.last ?? ""
      try await withPlugin(configuration, logger: Logger(label: "host")) { plugin in
        print(plugin.pid)
        fflush(nil)
        try await Task.sleep(for: .seconds(600))
      }
    case "cycles":
      try await Cycles(configuration(arguments), count: Int(arguments.last ?? "") ?? 0).run()
    default:
      exit(2)
    }
  }

  private static func configuration(_ arguments: ArraySlice<String>) -> PluginConfiguration {
    var configuration = PluginConfiguration(executable: arguments.dropFirst().first ?? "", cookie: Echo.cookie, protocolVersions: [3])
    if configuration.executable.hasSuffix("GoPluginPeer") { configuration.arguments = ["plugin"] }
    return configuration
  }
}

/// Writes to a descriptor.
struct FileDescriptorOutput {
  static let standardError = FileDescriptorOutput(descriptor: STDERR_FILENO)
  let descriptor: Int32

  func write(_ text: String) throws {
    var text = text
    _ = text.withUTF8 { Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }
}
