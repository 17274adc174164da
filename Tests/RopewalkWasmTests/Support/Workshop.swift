import Logging
import RopewalkCore
import RopewalkPlugins
import SystemPackage
import Wasmtime

@testable import RopewalkWasm

/// A runtime with a data folder of its own, and steps made from text.
final class Workshop: Sendable {
  /// The package's folder.
  static let package = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
    .removingLastComponent()
  static let toolbox = Toolbox(folders: [package.appending(".deps/guests").string], programFolders: ["/usr/bin", "/usr/local/bin"])
  static var hasJavaScript: Bool { (try? toolbox.path(of: .javaScriptEngine)) != nil && (try? toolbox.path(of: .esbuild)) != nil }
  /// Compiled modules are shared by all tests: compiling the engine takes a second.
  private static let cache = package.appending(".build/wasm-tests")

  let folder: TemporaryFolder
  let runtime: WasmRuntime
  let log: LogRecorder

  init(limits: WasmLimits = .few, outbound: OutboundHTTP = .none, level: Logger.Level = .info) throws {
    folder = try TemporaryFolder()
    log = LogRecorder()
    let log = log
    var logger = Logger(label: "test") { _ in RecordingHandler(recorder: log) }
    logger.logLevel = level
    runtime = try WasmRuntime(toolbox: Self.toolbox, dataFolder: Self.cache.string, outbound: outbound, limits: limits, logger: logger)
  }

  func node(_ step: WasmStep) async throws -> WasmLogicNode {
    try await runtime.prepare(step)
  }

  /// A step of WebAssembly text.
  func step(wat: String, _ change: (inout WasmStep) -> Void = { _ in }) throws -> WasmStep {
    try step(module: try Module.bytes(text: wat), change)
  }

  func step(module: [UInt8], _ change: (inout WasmStep) -> Void = { _ in }) throws -> WasmStep {
    let path = folder.path.appending("guest-\(UInt32.random(in: .min ... .max)).wasm")
    try path.replaceContents(module)
    var step = WasmStep(tenantID: "default", integrationID: "orders", name: "filter-1", logic: .file(path.string))
    change(&step)
    return step
  }

  /// A step of inline TypeScript.
  func step(script: String, at mark: SourceMark? = nil, _ change: (inout WasmStep) -> Void = { _ in }) -> WasmStep {
    var step = WasmStep(
      tenantID: "default",
      integrationID: "orders",
      name: "filter-1",
      logic: .inline(script, at: mark),
      folder: folder.path.string
    )
    change(&step)
    return step
  }

  /// A step of a script file, with other files beside it.
  func step(files: [String: String], entry: String) throws -> WasmStep {
    for (name, text) in files {
      let path = folder.path.appending(name)
      try path.removingLastComponent().createFolder()
      try path.replaceContents(Array(text.utf8))
    }
    return WasmStep(
      tenantID: "default",
      integrationID: "orders",
      name: "filter-1",
      logic: .file(folder.path.appending(entry).string),
      folder: folder.path.string
    )
  }
}

extension WasmLimits {
  /// Few enough instances for many engines in one process: each reserves 4 GiB of addresses for each.
  static var few: WasmLimits {
    var limits = WasmLimits()
    limits.liveInstances = 64
    return limits
  }
}

extension Message {
  init(_ payload: String, customer: String = "acme") {
    self.init(
      id: "m-1",
      payload: Array(payload.utf8),
      contentType: "application/json",
      metadata: MessageMetadata(customerID: customer, tenantID: "default", integrationID: "orders", source: "web", correlationID: "c-1"),
      headers: MessageHeaders([.init(name: "X-Event", value: "push")]),
      timestamp: Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    )
  }
}

extension LogicOutcome {
  static func text(_ text: String, contentType: String? = nil) -> LogicOutcome {
    .replace(payload: Array(text.utf8), contentType: contentType)
  }

  /// The payload it goes on with; empty when there is none.
  var text: String {
    if case .replace(let payload, _, _) = self { String(decoding: payload, as: UTF8.self) } else { "" }
  }
}

extension OutboundHTTP {
  /// Answers once the gate is open.
  static func answering(_ status: Int, after gate: Gate) -> OutboundHTTP {
    OutboundHTTP { _, _ throws(Failure) in
      await gate.wait()
      return Response(status: status)
    }
  }

  /// Nothing can be reached.
  static var none: OutboundHTTP {
    OutboundHTTP { _, _ throws(Failure) in throw Failure(.stepDenied, "nothing can be reached here") }
  }
}
