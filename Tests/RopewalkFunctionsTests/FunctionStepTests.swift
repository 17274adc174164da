import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins
import RopewalkTesting
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite(.takesTurns) struct FunctionStepTests {
  private static let subjects = [
    LogicLaw.Subject(
      answers: [#"{"amount":1000.01}"#: .pass, #"{"amount":1000}"#: .drop],
      failing: ("{", .functionInput)
    ) { try FunctionStep(function: "filter", settings: ["pointer": "/amount", "greaterThan": 1000]) },
    LogicLaw.Subject(
      answers: ["<a>1</a>": .replace(payload: Array(#"{"a":"1"}"#.utf8), contentType: "application/json")],
      failing: ("<a>", .functionInput)
    ) { try FunctionStep(function: "xml-to-json") },
  ]

  @Test(arguments: LogicLaw.allCases)
  func keepsTheLaw(_ law: LogicLaw) async throws {
    for subject in Self.subjects { try await law.verify(subject) }
  }

  @Test func converts() async throws {
    let step = try FunctionStep(function: "xml-to-json")
    #expect(
      try await step.process(Message(payload: Array("<a>1</a>".utf8), contentType: "text/xml"))
        == .replace(payload: Array(#"{"a":"1"}"#.utf8), contentType: "application/json")
    )
  }

  @Test func leavesTheTypeOfTexts() async throws {
    let step = try FunctionStep(function: "upper-case")
    #expect(try await step.process(Message(payload: Array("a".utf8))) == .replace(payload: Array("A".utf8), contentType: nil))
  }

  @Test func filters() async throws {
    let step = try FunctionStep(function: "filter", settings: ["pointer": "/amount", "greaterThan": 1000])
    #expect(try await step.process(Message(payload: Array(#"{"amount":1000.01}"#.utf8))) == .pass)
    #expect(try await step.process(Message(payload: Array(#"{"amount":1000}"#.utf8))) == .drop)
  }

  @Test func failsWithCodeAndPlace() async throws {
    let step = try FunctionStep(function: "xml-to-json")
    let error = await #expect(throws: LogicError.self) { try await step.process(Message(payload: Array("<a>".utf8))) }
    #expect(error?.code == .functionInput)
    #expect(error?.recoverable == false)
    #expect(error?.message == "xml-to-json: the payload is not readable XML at line 1, column 4: the document ends before </a>")
  }

  @Test(arguments: [
    ("json-to-yaml", String(repeating: "[", count: 600) + String(repeating: "]", count: 600)),
    ("xml-to-json", String(repeating: "<a>", count: 300) + String(repeating: "</a>", count: 300)),
  ])
  func boundsNesting(function: String, payload: String) async throws {
    let step = try FunctionStep(function: function)
    let error = await #expect(throws: LogicError.self) { try await step.process(Message(payload: Array(payload.utf8))) }
    #expect(error?.code == .functionLimit)
  }

  @Test func boundsOutput() async throws {
    let step = try FunctionStep(function: "base64-encode", limits: LogicLimits(maxOutputSize: ByteCount(7)))
    #expect(try await step.process(Message(payload: [1, 2, 3])) != .pass)
    let error = await #expect(throws: LogicError.self) { try await step.process(Message(payload: [1, 2, 3, 4])) }
    #expect(error?.code == .functionLimit)
  }

  @Test func refusesUnknownFunctionsAndOptions() {
    #expect(throws: FunctionError.self) { try FunctionStep(function: "xml-json") }
    let error = #expect(throws: FunctionError.self) { try FunctionStep(function: "filter", settings: ["pointer": "/a", "equal": 1]) }
    #expect(error?.option == ["equal"])
  }

  private static let schema: JSON = [
    "type": "object", "required": ["id"], "properties": ["id": ["type": "string"], "amount": ["minimum": 0, "format": "date"]],
  ]

  @Test func checksSchemas() async throws {
    let fails = try FunctionStep(function: "json-schema", settings: ["schema": Self.schema])
    let drops = try FunctionStep(function: "json-schema", settings: ["schema": Self.schema, "onInvalid": "drop"])
    let good = Message(payload: Array(#"{"id":"a","amount":1}"#.utf8))
    let bad = Message(payload: Array(#"{"id":7,"amount":-1}"#.utf8))
    #expect(try await fails.process(good) == .pass)
    #expect(try await drops.process(good) == .pass)
    #expect(try await drops.process(bad) == .drop)
    let error = await #expect(throws: LogicError.self) { try await fails.process(bad) }
    #expect(error?.code == .schemaViolated)
    #expect(error?.message == "json-schema: the payload does not fit the schema: at /id must be string; /amount must be at least 0")
    await #expect(throws: LogicError.self) { try await drops.process(Message(payload: [])) }
  }

  @Test func readsSchemaFiles() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "ropewalk-schema-\(UInt64.random(in: 0 ... .max))").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try "type: object\nrequired: [id]\n".write(toFile: folder + "/s.yaml", atomically: true, encoding: .utf8)
    try "{\"type\": 7}".write(toFile: folder + "/wrong.json", atomically: true, encoding: .utf8)
    try "{".write(toFile: folder + "/broken.json", atomically: true, encoding: .utf8)
    let step = try FunctionStep(function: "json-schema", settings: ["schemaFile": "s.yaml", "onInvalid": "drop"], folder: folder)
    #expect(try await step.process(Message(payload: Array("{}".utf8))) == .drop)
    #expect(try await step.process(Message(payload: Array(#"{"id":1}"#.utf8))) == .pass)
    for (file, problem) in [("none.json", "cannot be read"), ("wrong.json", "type must be one of"), ("broken.json", "not valid JSON")] {
      let error = #expect(throws: FunctionError.self) {
        try FunctionStep(function: "json-schema", settings: ["schemaFile": .string(file)], folder: folder)
      }
      #expect(error?.option == ["schemaFile"])
      #expect(error?.message.contains(problem) == true, "\(error?.message ?? "")")
    }
    #expect(throws: FunctionError.self) { try FunctionStep(function: "json-schema", settings: ["schemaFile": "s.yaml"]) }
    #expect(throws: FunctionError.self) { try FunctionStep(function: "json-schema") }
  }

  @Test func servesManyAtOnce() async throws {
    let step = try FunctionStep(function: "json-schema", settings: ["schema": Self.schema, "onInvalid": "drop"])
    let passed = try await withThrowingTaskGroup { group in
      for index in 0..<200 {
        group.addTask { try await step.process(Message(payload: Array((index % 2 == 0 ? #"{"id":"x"}"# : "{}").utf8))) == .pass }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(passed == 100)
  }
}
