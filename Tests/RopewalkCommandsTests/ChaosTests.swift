import Foundation
import RopewalkTesting
import Subprocess
import SystemPackage
import Testing

/// A few rounds of what `make chaos` does at length: the delivery law holds whatever is killed, and at whatever instant.
@Suite(.takesTurns) struct ChaosTests {
  @Test func aHostThatIsKilledLosesNothing() async throws {
    try await expectLaw("killed-host", rounds: 6)
  }

  @Test func connectorsThatAreKilledLoseNothing() async throws {
    try await expectLaw("killed-connector", rounds: 6)
  }

  @Test(.enabled(if: ExampleConnectors.areBuilt, Comment(rawValue: ExampleConnectors.missing)))
  func connectorsOfOthersThatAreKilledLoseNothing() async throws {
    let (incoming, outgoing) = (ExampleConnectors.program("go-webhook"), ExampleConnectors.program("python-file"))
    try await expectLaw("killed-plugins", rounds: 3, options: ["--incoming", incoming, "--outgoing", outgoing])
  }

  @Test func aTornPageLosesNothing() async throws {
    try await expectLaw("torn-page", rounds: 3)
  }

  @Test func aClockThatJumpsLosesNothing() async throws {
    try await expectLaw("jumping-clock", rounds: 4)
  }

  @Test(.enabled(if: NATSServer.executable != nil, Comment(rawValue: NATSServer.missing)))
  func aNetworkThatIsCutLosesNothing() async throws {
    try await expectLaw("cut-network", rounds: 2)
  }

  @Test(.enabled(if: NATSServer.executable != nil, Comment(rawValue: NATSServer.missing)))
  func nodesThatAreKilledLoseNothing() async throws {
    try await expectLaw("killed-node", rounds: 4)
  }

  @Test(.enabled(if: NATSServer.executable != nil, Comment(rawValue: NATSServer.missing)))
  func aNATSServerThatIsKilledLosesNothing() async throws {
    try await expectLaw("killed-nats", rounds: 2)
  }

  @Test(.enabled(if: Mounts.areAllowed, Comment(rawValue: Mounts.refusal)))
  func aDiskThatIsFullLosesNothing() async throws {
    try await expectLaw("full-disk", rounds: 2)
  }

  /// - Parameter seed: printed by the program when the law was broken, so that the run can be repeated.
  private func expectLaw(
    _ fault: String,
    rounds: Int,
    options: [String] = [],
    seed: UInt64 = .random(in: 1...UInt64(UInt32.max))
  ) async throws {
    try await Folder.with { folder in
      let result = try await Subprocess.run(
        .path(FilePath(Ropewalk.binary).removingLastComponent().appending("chaos")),
        arguments: Arguments(
          [fault, "--rounds", "\(rounds)", "--seed", "\(seed)", "--limit", "300", "--folder", folder.path] + options
        ),
        output: .string(limit: 1 << 20),
        error: .string(limit: 1 << 20)
      )
      let log = folder.lines(of: "ropewalk.log").suffix(20).joined(separator: "\n")
      #expect(
        result.terminationStatus == .exited(0),
        "\(fault), seed \(seed):\n\(result.standardOutput)\(result.standardError)\n\(log)"
      )
    }
  }
}
