public import ArgumentParser
import Foundation
import RopewalkCore
import RopewalkDaemon
public import RopewalkPlugins

struct PluginBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures what a plugin costs per message.",
    discussion: """
      Sends the same message again and again, from one customer, one after the other, as the pipeline does.

      EXAMPLE
        ropewalk plugin bench big-orders --payload order.json
      """
  )

  @Argument(help: "A project's folder, or a .wasm, .ts or .js file.", completion: .file())
  var path: String

  @Option(help: "A file with the message's payload; without it, a JSON order of 111 bytes.", completion: .file())
  var payload: String?

  @Option(help: "The payload's media type.")
  var contentType = "application/json"

  @Option(help: "How many messages are measured, after a tenth as many for warming up.")
  var count = 10_000

  @Option(name: .customLong("grant"), parsing: .upToNextOption, help: "Capabilities to grant; a project's manifest says its own.")
  var granted: [Capability] = []

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...100_000_000).contains(count) else { throw ValidationError("--count must be between 1 and 100,000,000.") }
  }

  func run() async throws {
    try await reportingFailures {
      let source = try PluginSource(path: path)
      let figures = try await PluginMeasurement(
        logic: source.logic,
        capabilities: Set(granted).union(source.manifest?.capabilities ?? []),
        payload: try payload.map(Self.read) ?? Self.order,
        contentType: contentType,
        count: count,
        in: options.workspace
      )
      try output.write(figures.json) { Self.table(figures, name: source.name) }
    }
  }

  private static func read(_ path: String) throws -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RopewalkError(.pluginSourceUnknown, "the payload \(path) cannot be read")
    }
    return Array(data)
  }

  private static let order = Array(
    #"{"amount":1500,"customerId":"c-1","customerName":"Acme","lines":[{"qty":2,"price":100},{"qty":13,"price":100}]}"#.utf8
  )

  private static func table(_ figures: PluginMeasurement, name: String) -> String {
    var table = Table(name, "")
    table.add("messages", "\(figures.count), of \(figures.payloadSize) bytes")
    table.add("outcome", figures.outcome)
    table.add("first message", microseconds(figures.firstMessage) + ", instance and start included")
    table.add("median", microseconds(figures.median))
    table.add("p99", microseconds(figures.p99))
    table.add("slowest", microseconds(figures.slowest))
    table.add("throughput", "\(Int(figures.messagesPerSecond.rounded())) messages/s on one core")
    return table.text()
  }

  private static func microseconds(_ duration: Duration) -> String {
    let tenths = Int((duration.seconds * 10_000_000).rounded())
    return "\(tenths / 10).\(tenths % 10) µs"
  }
}

extension Capability: ExpressibleByArgument {}
