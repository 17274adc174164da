public import RopewalkCore

/// What stands behind the `HTTPCall` host function: the real client, or the mock of an integration's unit test.
public struct OutboundHTTP: Sendable {
  private let call: @Sendable (Request, Policy) async throws(Failure) -> Response

  public init(_ call: @escaping @Sendable (Request, Policy) async throws(Failure) -> Response) {
    self.call = call
  }

  /// Makes one call within a policy. Cancelling abandons it.
  public func perform(_ request: Request, under policy: Policy) async throws(Failure) -> Response {
    try await call(request, policy)
  }

  public struct Request: Sendable, Equatable {
    public var method: String
    public var url: String
    public var headers: MessageHeaders
    public var body: [UInt8]

    public init(method: String = "GET", url: String, headers: MessageHeaders = MessageHeaders(), body: [UInt8] = []) {
      self.method = method
      self.url = url
      self.headers = headers
      self.body = body
    }
  }

  public struct Response: Sendable, Equatable {
    public var status: Int
    public var headers: MessageHeaders
    public var body: [UInt8]

    public init(status: Int, headers: MessageHeaders = MessageHeaders(), body: [UInt8] = []) {
      self.status = status
      self.headers = headers
      self.body = body
    }
  }

  /// What one step may reach over HTTP. The default reaches nothing.
  public struct Policy: Sendable, Equatable {
    /// `host`, `host:port` or `*.suffix`; without a port, 443 and 80 are meant.
    public var allowedHosts: [String]
    /// Whether loopback, link-local, private and other special addresses may be reached. Default false.
    public var allowsPrivateAddresses: Bool
    /// Bound on one call, resolving included. Default 5 s.
    public var timeout: Duration
    /// Default 1 MiB.
    public var maxResponseSize: ByteCount
    /// Default 1 MiB.
    public var maxRequestSize: ByteCount
    /// Calls that one message may make in one step. Default 5.
    public var maxCallsPerMessage: Int
    /// Redirects that are followed, each to an allowed host only. Default 0.
    public var maxRedirects: Int

    public init(
      allowedHosts: [String] = [],
      allowsPrivateAddresses: Bool = false,
      timeout: Duration = .seconds(5),
      maxResponseSize: ByteCount = .mebibytes(1),
      maxRequestSize: ByteCount = .mebibytes(1),
      maxCallsPerMessage: Int = 5,
      maxRedirects: Int = 0
    ) {
      self.allowedHosts = allowedHosts
      self.allowsPrivateAddresses = allowsPrivateAddresses
      self.timeout = timeout
      self.maxResponseSize = maxResponseSize
      self.maxRequestSize = maxRequestSize
      self.maxCallsPerMessage = maxCallsPerMessage
      self.maxRedirects = maxRedirects
    }

    /// What is said of a request that is larger than `maxRequestSize`.
    package var requestTooLarge: String {
      "the request is larger than 'http.maxRequestSize' (\(maxRequestSize)) allows; send less, or raise it"
    }
  }

  public struct Failure: Error, Sendable, CustomStringConvertible {
    public var code: ErrorCode
    public var message: String

    public init(_ code: ErrorCode, _ message: String) {
      self.code = code
      self.message = message
    }

    public var description: String { "\(message) [\(code)]" }
  }
}
