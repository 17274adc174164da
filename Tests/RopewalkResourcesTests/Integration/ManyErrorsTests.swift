import Foundation
import RopewalkCore
import RopewalkResources
import Testing

@Suite struct ManyErrorsTests {
  /// Every error of one bad file, all at once. To take over a change, look at it and copy it into the golden file.
  @Test func reportsAllErrorsOfAFileAtOnce() async throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden")
    let text = try String(contentsOf: folder.appendingPathComponent("many-errors.yaml"), encoding: .utf8)
    let expected = try String(contentsOf: folder.appendingPathComponent("many-errors.txt"), encoding: .utf8)
    let found = await diagnostics(text).joined(separator: "\n") + "\n"
    #expect(found == expected, "\(found)")
  }
}
