import FoundationEssentials
import GoPlugin
import GoPluginTesting
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkProcess

/// What the sandbox costs; printed where `SANDBOX_MEASURE` is set, for the guide.
@Suite(.takesTurns, .enabled(if: ProcessInfo.processInfo.environment["SANDBOX_MEASURE"] != nil))
struct SandboxMeasurements {
  private static let rounds = 40

  @Test("Start of a plugin until it is connected and healthy, and of a program that does nothing")
  func start() async throws {
    var (free, held, control, program, heldProgram): ([Duration], [Duration], [Duration], [Duration], [Duration]) = ([], [], [], [], [])
    for _ in 0..<Self.rounds {
      free.append(try await plugin(isHeld: false))
      held.append(try await plugin(isHeld: true))
      control.append(try await plugin(isHeld: false))
      program.append(try await ContinuousClock().measure { _ = try await Captive.runFree("environment") })
      heldProgram.append(try await ContinuousClock().measure { _ = try await Captive.run(SandboxSpec(), "environment") })
    }
    print("plugin: free \(Self.median(free)), held \(Self.median(held)), free again \(Self.median(control))")
    print("program to its end: free \(Self.median(program)), held \(Self.median(heldProgram))")
    #expect(held.count == Self.rounds)
  }

  @Test("Bytes there and back through a door, beside the loopback")
  func throughput() async throws {
    let port = try await EchoServer.run { $0 }
    // Outside of any sandbox, in C.
    try await Captive.start(["serve", "\(port)"], spec: SandboxSpec(network: .host)) { _, _, lines async throws in
      var lines = lines.makeAsyncIterator()
      #expect(await lines.next() == "serving")
      let megabytes = 512
      let spec = SandboxSpec(network: .restricted(allow: [try Endpoint(parsing: "127.0.0.1:\(port)")], listen: []))
      for round in ["first", "second"] {
        let direct = try await pump(megabytes, port: port, spec: SandboxSpec(network: .host))
        let door = try await pump(megabytes, port: port, spec: spec)
        print("\(round): direct \(direct) MiB/s, through the door \(door) MiB/s each way")
      }
    }
  }

  private func pump(_ megabytes: Int, port: Int, spec: SandboxSpec) async throws -> Int {
    let time = try await ContinuousClock().measure { () async throws in
      #expect(try await Captive.run(spec, "pump", "127.0.0.1", "\(port)", "\(megabytes)").lines == ["\(megabytes << 20) same"])
    }
    return Int(Double(megabytes) / (time / .seconds(1)))
  }

  private func plugin(isHeld: Bool) async throws -> Duration {
    var configuration = PluginConfiguration(executable: Captive.plugin, cookie: Echo.cookie, protocolVersions: [1, 3])
    configuration.arguments = ["plugin"]
    let start = ContinuousClock.now
    guard isHeld else {
      return try await withPlugin(configuration, logger: Captive.quiet) { _ in ContinuousClock.now - start }
    }
    return try await withSandbox(SandboxSpec(), support: Captive.support, logger: Captive.quiet) { sandbox in
      configuration.enclosure = sandbox.enclosure
      return try await withPlugin(configuration, logger: Captive.quiet) { _ in ContinuousClock.now - start }
    }
  }

  private static func median(_ times: [Duration]) -> String {
    let sorted = times.sorted()
    return "\((sorted[sorted.count / 2] / .microseconds(1)).rounded() / 1000) ms"
  }
}
