import RopewalkCore
import RopewalkPlugins
import SystemPackage
import Testing

@testable import RopewalkWasm

/// The examples of `Examples/logic`, built by `scripts/build-guests`: the same filter and converter in each language.
@Suite struct ExampleGuestTests {
  private static let folder = Workshop.package.appending(".deps/guests/examples")
  private static let languages = ["c", "go", "rust", "swift"].filter { language in
    ["filter", "converter"].allSatisfy { folder.appending("\(language)-\($0).wasm").resolved != nil }
  }

  private func node(_ language: String, _ kind: String, in workshop: Workshop) async throws -> WasmLogicNode {
    let file = Self.folder.appending("\(language)-\(kind).wasm").string
    return try await workshop.node(WasmStep(tenantID: "default", integrationID: "orders", name: "\(kind)-1", logic: .file(file)))
  }

  @Test(.enabled(if: !languages.isEmpty, "no example is built: run scripts/bootstrap --guests"), arguments: languages)
  func aFilterPassesDropsAndFails(language: String) async throws {
    let workshop = try Workshop()
    let node = try await node(language, "filter", in: workshop)
    #expect(try await node.process(Message(#"{"id":"a","amount":1500}"#)) == .pass)
    #expect(try await node.process(Message(#"{"id":"a","amount":15}"#)) == .drop)
    let error = await #expect(throws: LogicError.self) { try await node.process(Message(#"{"id":"a"}"#)) }
    #expect(error?.code == .stepRejected)
    #expect(error?.message.contains("the order has no amount") == true)
    // It said no; it did not break.
    #expect(workshop.runtime.liveInstances == 1)
  }

  @Test(.enabled(if: !languages.isEmpty, "no example is built: run scripts/bootstrap --guests"), arguments: languages)
  func aConverterAnswersAnotherPayload(language: String) async throws {
    let workshop = try Workshop()
    let node = try await node(language, "converter", in: workshop)
    for _ in 0..<3 {
      #expect(try await node.process(Message(#"{"id":"a-1","amount":1500}"#)).text == #"{"order":"a-1","amount":1500}"#)
    }
    await #expect(throws: LogicError.self) { try await node.process(Message("{}")) }
    await #expect(throws: LogicError.self) { try await node.process(Message("")) }
    #expect(try await node.process(Message(#"{"id":"b","amount":1}"#)).text == #"{"order":"b","amount":1}"#)
  }
}
