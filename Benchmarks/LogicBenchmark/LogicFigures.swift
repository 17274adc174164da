import Foundation
import RopewalkCore
import RopewalkPlugins
import RopewalkWasm

/// Steps as the pipeline calls them, through `LogicNode.process`: JavaScript beside the floor, and compiled filters.
enum LogicFigures {
  private static let inputs = "Benchmarks/inputs"
  /// As many customers as are alive at once in the last figure.
  private static let liveCustomers = 2000

  static func measure() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-benchmark-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let environment = ProcessInfo.processInfo.environment
    let runtime = try WasmRuntime(
      toolbox: .standard(executable: CommandLine.arguments[0], environment: environment),
      dataFolder: folder,
      outbound: OutboundHTTP { _, _ throws(OutboundHTTP.Failure) in throw OutboundHTTP.Failure(.noCalls, "benchmarks call nobody") }
    )
    let small = try message("order-small.json")
    let large = try message("order-large.json")
    let text = try message("order-text.json")
    // The floor evaluates the same text as a plain script; a step is a module and exports its function.
    let source = try String(contentsOfFile: "\(inputs)/order.js", encoding: .utf8)
    let script = try await runtime.prepare(step("javascript", .inline("export " + source, at: nil)))

    try await measureFirstMessages(script, small)
    try await Figure.measure("javascript-small-message", iterations: 20_000) { count in
      for _ in 0..<count { _ = try await script.process(small) }
    }
    try await Figure.measure("javascript-large-message", iterations: 5000) { count in
      for _ in 0..<count { _ = try await script.process(large) }
    }
    for language in ["c", "rust", "swift", "go"] {
      let path = ".deps/guests/examples/\(language).wasm"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      let filter = try await runtime.prepare(step("filter-\(language)", .file(path)))
      _ = try await filter.process(large)
      try await Figure.measure("\(language)-filter-1KB-of-lines", iterations: 50_000) { count in
        for _ in 0..<count { _ = try await filter.process(large) }
      }
      try await Figure.measure("\(language)-filter-1KB-of-text", iterations: 50_000) { count in
        for _ in 0..<count { _ = try await filter.process(text) }
      }
    }
    try await measureManyCustomers(script, small)
    try await measureLiveCustomers(script, small, runtime)
  }

  /// A new customer's first message: instance, script and message. Memory is what stays private to the process.
  private static func measureFirstMessages(_ script: WasmLogicNode, _ message: Message) async throws {
    let count = 500
    var serial = 0
    let before = privateKibibytes()
    var memory = 0.0
    try await Figure.measure("javascript-first-message", iterations: count) { count in
      for _ in 0..<count {
        serial += 1
        _ = try await script.process(Self.of(message, customer: "first-\(serial)"))
      }
    } afterRound: {
      if memory == 0 { memory = Double(privateKibibytes() - before) / Double(count) }
      await script.shutdown()
    }
    Figure.report("javascript-guest-memory", "KiB", memory)
  }

  /// A message for each of 1,000 customers in turn; none of them finds its instance's memory in the cache.
  private static func measureManyCustomers(_ script: WasmLogicNode, _ message: Message) async throws {
    let messages = (0..<1000).map { of(message, customer: "many-\($0)") }
    for message in messages { _ = try await script.process(message) }
    try await Figure.measure("javascript-small-message-1000-customers", iterations: 5 * messages.count) { count in
      for number in 0..<count { _ = try await script.process(messages[number % messages.count]) }
    }
    await script.shutdown()
  }

  private static func measureLiveCustomers(_ script: WasmLogicNode, _ message: Message, _ runtime: WasmRuntime) async throws {
    let before = privateKibibytes()
    for number in 0..<liveCustomers { _ = try await script.process(of(message, customer: "live-\(number)")) }
    Figure.report("live-customers", "customers", Double(runtime.liveInstances))
    Figure.report("live-customers-memory-each", "KiB", Double(privateKibibytes() - before) / Double(liveCustomers))
    try await Figure.measure("live-customers-message", iterations: liveCustomers) { count in
      for number in 0..<count { _ = try await script.process(of(message, customer: "live-\(number)")) }
    }
  }

  private static func step(_ name: String, _ logic: WasmStep.Logic) -> WasmStep {
    WasmStep(tenantID: "default", integrationID: "benchmark", name: name, logic: logic, folder: inputs)
  }

  private static func message(_ name: String) throws -> Message {
    let payload = Array(try Data(contentsOf: URL(fileURLWithPath: "\(inputs)/\(name)")))
    return Message(
      payload: payload,
      contentType: "application/json",
      metadata: MessageMetadata(customerID: "acme", tenantID: "default", integrationID: "benchmark")
    )
  }

  private static func of(_ message: Message, customer: String) -> Message {
    var message = message
    message.metadata.customerID = customer
    return message
  }

  private static func privateKibibytes() -> Int {
    guard let rollup = FileManager.default.contents(atPath: "/proc/self/smaps_rollup") else { return 0 }
    return String(decoding: rollup, as: UTF8.self).split(separator: "\n").filter { $0.hasPrefix("Private_") }
      .reduce(0) { $0 + (Int($1.split(separator: " ")[1]) ?? 0) }
  }
}

extension ErrorCode {
  fileprivate static let noCalls = ErrorCode("benchmark.no-calls", .denied)
}
