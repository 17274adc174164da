import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns) struct ModuleWrapperTests {
  private func wrap(_ code: String) -> String {
    String(decoding: ModuleWrapper.script(ofModule: Array(code.utf8), global: "m"), as: UTF8.self)
  }

  @Test func exportsBecomeMembers() {
    let code = "function process() {\n}\nexport {\n  process as default,\n  other,\n  helper as process\n};\n"
    #expect(
      wrap(code)
        == "var m = (() => { \"use strict\";\nfunction process() {\n}\nreturn { default: process, process: helper };\n})();\n"
    )
  }

  @Test func anExpressionIsTheDefault() {
    #expect(wrap("export default require_a();\n") == "var m = (() => { \"use strict\";\nreturn { default: require_a() };\n})();\n")
  }

  @Test(arguments: ["", "var x = {\n};", "log(`\nexport {\n  process\n};`);"])
  func codeWithoutExportsStaysAsItIs(code: String) {
    let text = wrap(code)
    #expect(text.contains("return {  };"))
    #expect(code.isEmpty || text.contains(code))
  }
}
