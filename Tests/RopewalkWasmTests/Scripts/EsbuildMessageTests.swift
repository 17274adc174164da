import RopewalkTesting
import Testing

@testable import RopewalkWasm

@Suite(.takesTurns) struct EsbuildMessageTests {
  @Test func readsPlacesAndNotes() {
    let output = """
      ✘ [ERROR] Could not resolve "fs"

          src/a.ts:1:15:
            1 │ import fs from "fs";
              ╵                ~~~~

        The package "fs" wasn't found on the file system but is built into node.

      ✘ [ERROR] Expected ";" but found "x"

          orders.yaml#filter-1:12:4:
            12 │ let y x
               ╵       ^

      ✘ [ERROR] Something without a place
      """
    #expect(
      EsbuildMessage.errors(in: output) == [
        EsbuildMessage(
          text: #"Could not resolve "fs""#,
          file: "src/a.ts",
          line: 1,
          column: 15,
          notes: [#"The package "fs" wasn't found on the file system but is built into node."#]
        ),
        EsbuildMessage(text: #"Expected ";" but found "x""#, file: "orders.yaml#filter-1", line: 12, column: 4),
        EsbuildMessage(text: "Something without a place"),
      ]
    )
  }

  @Test func otherTextHasNoMessages() {
    #expect(EsbuildMessage.errors(in: "").isEmpty)
    #expect(EsbuildMessage.errors(in: "panic: runtime error\n  a.go:1:2:").isEmpty)
  }
}
