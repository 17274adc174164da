import RopewalkCore
import RopewalkResources
import Testing

@Suite struct SecretRedactorTests {
  private let redactor = SecretRedactor(["hunter2", "hunter2-long", "a\"b\nc", "yes", "grüße👍", "////"].map(Secret.init))

  @Test(arguments: [
    ("", ""), ("nothing here", "nothing here"), ("hunter2", "***"), ("xhunter2y hunter2", "x***y ***"), ("hunter2-long", "***"),
    ("hunter2-lon", "***-lon"), ("hunter", "hunter"), ("hhunter2", "h***"), ("huhunter2", "hu***"), ("a\"b\nc", "***"),
    ("{\"k\":\"a\\\"b\\nc\"}", "{\"k\":\"***\"}"),
    ("yes", "yes"), ("ä grüße👍 ü", "ä *** ü"), ("/////", "***/"),
  ])
  func takesSecretsOut(text: String, expected: String) {
    #expect(redactor.redact(text) == expected)
  }

  @Test func doesNothingWithoutSecrets() {
    #expect(SecretRedactor([]).redact("hunter2") == "hunter2")
    #expect(SecretRedactor([Secret("abc"), Secret("")]).redact("abc") == "abc")
  }
}
