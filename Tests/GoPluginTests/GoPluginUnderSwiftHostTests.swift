import GoPlugin
import GoPluginTesting
import RopewalkTesting
import Testing

@Suite(.takesTurns, .enabled(if: Peers.areBuilt, "run scripts/build-go-plugins: the peers in Go are missing"))
struct GoPluginUnderSwiftHostTests {
  @Test("A Go plugin starts, agrees on a version and answers", arguments: [PluginConfiguration.Security.mutualTLS, .plaintext])
  func starts(security: PluginConfiguration.Security) async throws {
    var configuration = Peers.configuration(Peers.goPlugin)
    configuration.security = security
    try await withPlugin(configuration, logger: Peers.quiet) { plugin in
      #expect(plugin.protocolVersion == 3)
      try await plugin.checkHealth()
      #expect(try await EchoClient(plugin.client).unary([1, 2, 3]) == [1, 2, 3])
    }
  }
}
