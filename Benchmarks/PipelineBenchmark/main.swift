// What a message's way costs without its steps' and destinations' own work: PipelineBenchmark [messages]
//
// A line of JSON each for the same number of messages of 1, 10, 100 and 1,000 customers through two steps to one destination, the first twice so
// that noise shows, then 100 customers to three destinations.

import Logging
import RopewalkConnector
import RopewalkCore
import RopewalkJournal
import RopewalkPipeline
import RopewalkResources

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 200_000
for (customers, destinations) in [(1, 1), (1, 1), (10, 1), (100, 1), (1000, 1), (100, 3)] {
  let seconds = try await measure(customers: customers, destinations: destinations)
  print("{\"customers\": \(customers), \"destinations\": \(destinations), \"per_second\": \(Double(count) / seconds)}")
}

/// Sends all messages through and returns the seconds until the last was settled.
func measure(customers: Int, destinations: Int) async throws -> Double {
  let incoming = ConnectionSpec(name: "in", type: "flood")
  let outgoing = (0..<destinations).map { DestinationSpec(connection: ConnectionSpec(name: "out-\($0)", type: "sink")) }
  let spec = IntegrationSpec(
    customer: .header("X-Customer-ID"),
    incoming: [incoming],
    outgoing: outgoing,
    limits: PipelineLimits(queuePerCustomer: 10_000, queue: 10_000)
  )
  let plan = Plan(
    integration: Integration(metadata: ObjectMetadata(name: "benchmark"), spec: spec),
    incoming: [PlannedIncoming(spec: incoming, node: Flood(count: count, customers: customers))],
    steps: ["convert", "filter"].map { PlannedStep(name: $0, kind: .filter, node: NoOpStep()) },
    destinations: outgoing.map { PlannedDestination(spec: $0, node: NoOpDestination()) }
  )
  let run = IntegrationRun(
    plan: plan,
    journal: MemoryJournal(),
    endsWhenSourcesEnd: true,
    logger: Logger(label: "benchmark")
  )
  let seconds = try await ContinuousClock().measure { try await run.run() }.seconds
  precondition(run.snapshot().total.delivered == count * destinations, "messages were lost")
  return seconds
}
