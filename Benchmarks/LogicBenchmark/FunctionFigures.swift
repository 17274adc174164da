import Foundation
import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins

/// Built-in functions as steps: an invoice of 1.7 KB from XML to JSON, and back.
enum FunctionFigures {
  private static let invoice = "Examples/invoice-sync/invoice.xml"

  static func measure() async throws {
    let document = Message(payload: Array(try Data(contentsOf: URL(fileURLWithPath: invoice))), contentType: "application/xml")
    let json = try await measure("xml-to-json", document)
    _ = try await measure("json-to-xml", Message(payload: json, contentType: "application/json"))
  }

  /// - Returns: what the function makes of the message.
  private static func measure(_ function: String, _ message: Message) async throws -> [UInt8] {
    let step = try FunctionStep(function: function)
    guard case .replace(let payload, _, _) = try await step.process(message) else {
      throw RopewalkError(.noPayload, "\(function) made nothing of \(invoice)")
    }
    try await Figure.measure("\(function)-invoice", iterations: 10_000) { count in
      for _ in 0..<count { _ = try await step.process(message) }
    }
    return payload
  }
}

extension ErrorCode {
  fileprivate static let noPayload = ErrorCode("benchmark.no-payload", .fault)
}
