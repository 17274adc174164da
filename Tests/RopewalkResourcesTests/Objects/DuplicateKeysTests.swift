import RopewalkCore
import RopewalkResources
import Synchronization
import Testing

@Suite struct DuplicateKeysTests {
  private let text =
    #"{"apiVersion":"v1","kind":"A","metadata":{"name":"a","name":"b"},"spec":{"x":[{"y":"}\",{"},{"y":1,"\u0079":2}],"x2":1},"spec":{"y":1}}"#

  @Test func theyAreRefused() {
    let error = #expect(throws: RopewalkError.self) { try Resource.read(Array(text.utf8), options: WriteOptions()) }
    #expect(error?.code.name == "resource.malformed")
    for path in ["metadata.name", "spec.x[1].y", "spec"] { #expect(error?.message.contains("duplicate field \"\(path)\"") == true) }
  }

  @Test func orWarnedOf() throws {
    let warnings = Mutex<[String]>([])
    var options = WriteOptions()
    options.fieldValidation = .warn
    options.onWarning = { warning in warnings.withLock { $0.append(warning) } }
    let resource = try Resource.read(Array(text.utf8), options: options)
    #expect(resource.metadata.name == "b" && resource.spec == ["y": 1])
    #expect(warnings.withLock { $0.count } == 3)
  }
}
