import RopewalkCore
import Testing

@testable import RopewalkDaemon

@Suite struct LogRedactionTests {
  /// A server reads its integrations again and again, and connectors may ask as often as they like.
  @Test func aSecretIsKeptOnce() {
    let redaction = LogRedaction()
    for _ in 0..<100 { redaction.hide([Secret("hunter2"), Secret("open-sesame")]) }
    #expect(redaction.count == 2)
    redaction.hide([Secret("hunter2-new")])
    #expect(redaction.count == 3)
    #expect(redaction.redact("hunter2, hunter2-new and open-sesame") == "***, *** and ***")
  }
}
