import NIOHTTP1
import RopewalkConnector
import RopewalkCore
import RopewalkTesting
import Testing

@testable import RopewalkConnectors

@Suite(.takesTurns) struct SignatureTests {
  // The examples that GitHub and Standard Webhooks publish for implementations to check themselves against.
  static let github = GitHubSignature(secret: Secret("It's a Secret to Everybody"))
  static let githubBody = Array("Hello, World!".utf8)
  static let githubSignature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

  static let standardBody = Array(#"{"test": 2432232314}"#.utf8)
  static let standardHeaders: HTTPHeaders = [
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  ]
  static let standardTime = Timestamp(nanoseconds: 1_614_265_330_000_000_000)

  private func standard(
    _ headers: HTTPHeaders = standardHeaders,
    body: [UInt8] = standardBody,
    at time: Timestamp = standardTime
  ) throws -> String? {
    let scheme = try #require(StandardWebhooksSignature(secret: Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), tolerance: .seconds(300)))
    return try scheme.verify(headers: headers, body: body, now: time)
  }

  @Test func acceptsGitHubsExample() throws {
    let headers: HTTPHeaders = ["X-Hub-Signature-256": Self.githubSignature, "X-GitHub-Delivery": "72d3162e"]
    #expect(try Self.github.verify(headers: headers, body: Self.githubBody) == "72d3162e")
  }

  @Test(arguments: [
    "", "sha256=", "sha256=zz", String(githubSignature.dropLast()), githubSignature.replacing("757", with: "758"), "sha1=757107ea",
  ])
  func refusesOtherGitHubSignatures(signature: String) {
    #expect(throws: SignatureVerifier.Mismatch.self) {
      try Self.github.verify(headers: ["X-Hub-Signature-256": signature], body: Self.githubBody)
    }
  }

  @Test func refusesAnotherGitHubBodyOrNoSignature() {
    #expect(throws: SignatureVerifier.Mismatch.self) {
      try Self.github.verify(headers: ["X-Hub-Signature-256": Self.githubSignature], body: Array("Hello, World?".utf8))
    }
    #expect(throws: SignatureVerifier.Mismatch.self) { try Self.github.verify(headers: [:], body: Self.githubBody) }
  }

  @Test func acceptsTheStandardsExample() throws {
    #expect(try standard() == "msg_p5jXN8AQM9LWM0D4loKWxJek")
  }

  @Test func acceptsAnyOfSeveralSignatures() throws {
    var headers = Self.standardHeaders
    headers.replaceOrAdd(
      name: "webhook-signature",
      value: "v1,AAAA v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg== "
        + "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )
    #expect(try standard(headers) != nil)
  }

  @Test func refusesAnotherBody() {
    #expect(throws: SignatureVerifier.Mismatch.self) { try standard(body: Array(#"{"test": 2432232315}"#.utf8)) }
  }

  @Test(arguments: ["webhook-id", "webhook-timestamp", "webhook-signature"])
  func refusesAChangedOrMissingHeader(name: String) {
    var headers = Self.standardHeaders
    headers.remove(name: name)
    #expect(throws: SignatureVerifier.Mismatch.self) { try standard(headers) }
    headers.add(name: name, value: name == "webhook-timestamp" ? "1614265331" : "v1,bWFkZSB1cA==")
    #expect(throws: SignatureVerifier.Mismatch.self) { try standard(headers) }
  }

  @Test func keepsToTheTolerance() throws {
    for seconds in [-300, 300] { #expect(try standard(at: Self.standardTime.advanced(by: .seconds(seconds))) != nil) }
    for seconds in [-301, 301, 1_000_000_000] {
      #expect(throws: SignatureVerifier.Mismatch.self) { try standard(at: Self.standardTime.advanced(by: .seconds(seconds))) }
    }
    var headers = Self.standardHeaders
    headers.replaceOrAdd(name: "webhook-timestamp", value: "9223372036854775807")
    #expect(throws: SignatureVerifier.Mismatch.self) { try standard(headers) }
  }

  @Test func refusesASecretThatIsNoBase64() {
    #expect(StandardWebhooksSignature(secret: Secret("whsec_not base64!"), tolerance: .seconds(1)) == nil)
    let settings: JSONObject = ["endpoint": "/a", "signature": ["scheme": "standard-webhooks", "secret": "whsec_not base64!"]]
    #expect(WebhookSettings.read(settings).problems.map(\.path) == [["signature", "secret"]])
  }
}
