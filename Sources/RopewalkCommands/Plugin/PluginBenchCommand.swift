public import ArgumentParser
import Foundation
import RopewalkCore
import RopewalkDaemon
public import RopewalkPlugins
import RopewalkProcess

struct PluginBenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures what a plugin costs per message.",
    discussion: """
      Logic gets the same message again and again, from one customer, one after the other, as the pipeline does. A connector
      is started as a host does, with the settings of its check.yaml, and sends and receives with 1, 64 and 512 at once.

      EXAMPLE
        ropewalk plugin bench big-orders --payload order.json
        ropewalk plugin bench ./build/connector --seconds 5
      """
  )

  @Argument(help: "A project's folder, a .wasm, .ts or .js file, or a connector's program.", completion: .file())
  var path: String

  @Option(help: "A file with the message's payload; without it, a JSON order of 111 bytes.", completion: .file())
  var payload: String?

  @Option(help: "The payload's media type.")
  var contentType = "application/json"

  @Option(help: "How many messages are measured, after a tenth as many for warming up.")
  var count = 10_000

  @Option(name: .customLong("grant"), parsing: .upToNextOption, help: "Capabilities to grant; a project's manifest says its own.")
  var granted: [Capability] = []

  @Option(name: .customLong("config"), help: "A connector's settings; by default the check.yaml beside it.", completion: .file())
  var settings: String?

  @Option(help: "How long each load of a connector lasts.")
  var seconds = 3

  @Option(help: "How large a connector's payloads are, in bytes.")
  var size = 1024

  @Argument(parsing: .postTerminator, help: "After --: arguments of a connector's program.")
  var arguments: [String] = []

  @OptionGroup var options: IntegrationOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...100_000_000).contains(count) else { throw ValidationError("--count must be between 1 and 100,000,000.") }
    guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be between 1 and 3600.") }
    guard (64...(16 << 20)).contains(size) else { throw ValidationError("--size must be between 64 and 16,777,216.") }
  }

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let source = try PluginSource(path: path)
      if source.isConnector { return try await measureConnector(source) }
      let figures = try await PluginMeasurement(
        logic: try source.logic,
        capabilities: Set(granted).union(source.manifest?.capabilities ?? []),
        payload: try payload.map(Self.read) ?? Self.order,
        contentType: contentType,
        count: count,
        in: options.workspace
      )
      try output.write(figures.json) { Self.table(figures, name: source.name) }
    }
  }

  private func measureConnector(_ source: PluginSource) async throws {
    let trial = ConnectorTrial(
      executable: source.program,
      arguments: source.arguments + arguments,
      settingsFile: settings ?? source.checkFile,
      in: options.workspace
    )
    let figures = try await trial.withPlan { try await ConnectorMeasurement($0, size: size, time: .seconds(seconds)) }
    try output.write(figures.json) { Self.table(figures) }
  }

  private static func table(_ figures: ConnectorMeasurement) -> String {
    var table = Table("LOAD", "AT ONCE", "MESSAGES", "FAILED", "PER SECOND", "MEDIAN", "P99")
    for load in figures.loads {
      table.add(
        load.name,
        "\(load.atOnce)",
        "\(load.messages)",
        "\(load.failed)",
        "\(Int(load.messagesPerSecond))",
        microseconds(load.median),
        microseconds(load.p99)
      )
    }
    let memory = figures.memory.map { ", \($0 >> 20) MiB resident" } ?? ""
    let start = Int((figures.start.seconds * 1000).rounded())
    return "\(figures.connector): payloads of \(figures.payloadSize) bytes, started within \(start) ms\(memory)\n\n\(table.text())"
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
