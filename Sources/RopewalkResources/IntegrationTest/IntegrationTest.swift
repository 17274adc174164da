public import RopewalkCore
public import RopewalkPlugins

/// Unit tests of one integration, as `ropewalk test` runs them: messages in, and what is expected to become of them.
public struct IntegrationTest: Sendable {
  public var metadata: ObjectMetadata
  /// The integration's file, already resolved against the folder of the test file.
  public var integrationFile: String
  /// Which integration of that file is meant; nil when it has only one.
  public var integrationName: String?
  /// Where `integration` stands.
  public var integrationMark: SourceMark
  /// Stand-ins for secrets; the real ones are never looked up in a test.
  public var secrets: [String: Secret]
  /// Stand-ins for environment variables; the real ones are never looked up either.
  public var environment: [String: String]
  /// At least one, their names unique.
  public var cases: [IntegrationTestCase]
  public var file: String

  /// What the integration's references are filled in from.
  public var references: ReferenceResolver {
    let environment = environment
    var resolver = ReferenceResolver(
      secrets: FixedSecretSource(secrets, place: "spec.secrets of \(file)"),
      environment: { environment[$0] }
    )
    resolver.placeOfVariables = "spec.environment of \(file)"
    return resolver
  }
}

/// One message and what is expected of it.
public struct IntegrationTestCase: Sendable {
  public var name: String
  public var mark: SourceMark
  public var input: TestInput
  public var mocks: TestMocks
  public var expect: TestExpectation
}

/// The message that a case puts in.
public struct TestInput: Sendable {
  /// The incoming connection that it comes through; nil for the first.
  public var source: String?
  public var sourceMark: SourceMark?
  /// The message's id; nil for a new one.
  public var id: String?
  public var payload: [UInt8]
  /// Empty when the case names none and the payload gives no hint.
  public var contentType: String
  public var headers: MessageHeaders
  /// Whose message it is, put where the integration's rule looks for it; nil leaves the rule to the headers.
  public var customer: String?
}

/// What stands in for the outside.
public struct TestMocks: Sendable {
  /// Looked through in order; a call that none fits fails as unreachable.
  public var http: [HTTPMock] = []
  /// What destinations answer, by name; those without an entry accept everything.
  public var destinations: [DestinationMock] = []
}

/// What `HTTPCall` answers to calls of one kind.
public struct HTTPMock: Sendable {
  public enum Answer: Sendable, Equatable {
    case respond(OutboundHTTP.Response)
    case timeout
    case unreachable
  }

  public var mark: SourceMark
  /// In capitals; nil fits any.
  public var method: String?
  /// The whole address, or one that ends in `*` for every address that begins so.
  public var url: String
  /// At least one. Given in turn, the last one from then on.
  public var answers: [Answer]

  public func fits(method: String, url: String) -> Bool {
    guard self.method == nil || self.method == method.uppercased() else { return false }
    return self.url.hasSuffix("*") ? url.hasPrefix(self.url.dropLast()) : url == self.url
  }
}

/// What one destination answers.
public struct DestinationMock: Sendable {
  public enum Answer: Sendable, Equatable {
    case accept
    /// As the `http` connector would see it: 2xx accepts, 408, 425, 429 and 5xx are tried again, all else is rejected.
    case status(Int, retryAfter: Duration?)
    /// As any connector fails: a code of the connector contract, such as `TIMEOUT`.
    case failure(code: String, message: String, recoverable: Bool, retryAfter: Duration?)
  }

  public var destination: String
  public var mark: SourceMark
  /// At least one. Given in turn, one for each attempt, the last one from then on.
  public var answers: [Answer]
}

/// What should become of a message.
public struct TestExpectation: Sendable {
  public enum Outcome: String, Sendable, CaseIterable {
    /// Every destination has it, those aside whose expectation says otherwise.
    case delivered
    /// A filter ended it.
    case dropped
    /// It went to the dead letters.
    case failed
    /// It was not let in: no customer, a payload too large.
    case refused
  }

  public var mark: SourceMark
  public var outcome: Outcome
  public var destinations: [DestinationExpectation]
  public var error: ErrorExpectation?
}

/// What one destination should see.
public struct DestinationExpectation: Sendable {
  public var destination: String
  public var mark: SourceMark
  /// The case's own outcome unless the file says otherwise.
  public var outcome: TestExpectation.Outcome
  public var payload: PayloadExpectation?
  public var contentType: String?
  /// Headers that the delivered message must have, beside any others.
  public var headers: MessageHeaders
  /// How many attempts it takes, the last one included.
  public var attempts: Int?
  /// When it is settled, counted from acceptance on the virtual clock, which knows no jitter.
  public var after: Duration?
  public var error: ErrorExpectation?
}

/// What an error should look like. What is nil is not looked at.
public struct ErrorExpectation: Sendable {
  public var mark: SourceMark
  /// The name of the step or destination.
  public var stage: String?
  public var stageMark: SourceMark?
  /// A dotted code such as `step.timeout`, or the code that the guest raised.
  public var code: String?
  public var messageContains: String?
}

/// What a payload should be.
public struct PayloadExpectation: Sendable {
  public enum Form: Sendable, Equatable {
    /// The same JSON value: the order of members and the way numbers are written do not matter.
    case json(JSON)
    /// JSON that has at least these members; lists item by item.
    case contains(JSON)
    /// The same bytes.
    case bytes([UInt8])
  }

  public var form: Form
  public var mark: SourceMark

  public init(form: Form, mark: SourceMark) {
    self.form = form
    self.mark = mark
  }
}
