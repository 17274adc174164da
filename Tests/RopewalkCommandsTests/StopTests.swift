import RopewalkCore
import RopewalkTesting
import Testing

/// What `run` leaves when it is stopped while its destination does not answer.
@Suite(.takesTurns) struct StopTests {
  private static let count = 5

  /// A drain that waited for the attempts would take ten minutes.
  private func orders(port: Int, sink: LocalServer, drainTimeout: String) -> String {
    Declaration.webhook(
      port: port,
      """
      outgoing: { name: sink, type: http, config: { url: "http://127.0.0.1:\(sink.port)/" }, retry: { timeout: 10m } }
      limits: { drainTimeout: \(drainTimeout) }
      """
    )
  }

  private func audit(in folder: Folder) async throws -> JSON {
    let audit = try await Ropewalk.run("audit", "--output", "json", in: folder)
    #expect(audit.exitCode == 0, "\(audit.errors)")
    return try #require(audit.json["total"])
  }

  /// Messages are accepted and never answered by the sink; then `run` is stopped, and run again with a sink that answers.
  /// - Returns: what `run` wrote, and how long the stop took.
  private func stopped(drainTimeout: String, atOnce: Bool) async throws -> (log: String, time: Duration) {
    var (log, time) = ("", Duration.zero)
    try await LocalServer.with(.init(status: 204), holding: { _ in true }) { sink in
      try await Folder.with { folder in
        let port = try FreePort.next()
        try folder.write("orders.yaml", orders(port: port, sink: sink, drainTimeout: drainTimeout))
        var start = ContinuousClock.now
        log = try await Ropewalk.serving(["orders.yaml"], ports: [port], ending: atOnce ? .stopped : .drained, in: folder) {
          for number in 0..<Self.count {
            #expect(try await HTTP.post("{\"n\":\(number)}", to: "http://127.0.0.1:\(port)/").status == 202)
          }
          try await sink.waitForRequests(Self.count)
          start = .now
        }
        time = .now - start
        let left = try await audit(in: folder)
        #expect(left["accepted"]?.int == Self.count && left["inFlight"]?.int == Self.count && left["balances"] == true)
        sink.release()
        try await Ropewalk.serving(["orders.yaml"], ports: [port], in: folder) {
          try await sink.waitForRequests(2 * Self.count)
        }
        let delivered = try await audit(in: folder)
        #expect(delivered["delivered"]?.int == Self.count && delivered["inFlight"]?.int == 0 && delivered["balances"] == true)
        let expected = Set((0..<Self.count).map { "{\"n\":\($0)}" })
        #expect(Set(sink.requests.suffix(Self.count).map(\.body)) == expected)
      }
    }
    return (log, time)
  }

  @Test func aDrainEndsInTimeAndLeavesTheRestInTheJournal() async throws {
    let (log, time) = try await stopped(drainTimeout: "1s", atOnce: false)
    #expect(time >= .seconds(1) && time < .seconds(120))
    #expect(log.contains("Stopped with deliveries left; they wait in the journal for the next start count=\(Self.count)"), "\(log)")
  }

  @Test func aSecondSignalStopsAtOnceAndLosesNothing() async throws {
    let (_, time) = try await stopped(drainTimeout: "1h", atOnce: true)
    #expect(time < .seconds(120))
  }
}
