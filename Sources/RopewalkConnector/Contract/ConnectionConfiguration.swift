public import RopewalkCore

/// What a connector is told when it connects.
public struct ConnectionConfiguration: Sendable {
  public var id: String
  public var name: String
  public var type: String
  /// The `config` map of the integration file with secrets and environment filled in; log none of its values.
  public var settings: JSONObject
  public var credentials: [String: Secret]
  /// Bound on one attempt to send, and on connecting. Default 30 s.
  public var timeout: Duration
  public var retryPolicy: RetryPolicy
  /// Which ends the host will use. Default both.
  public var ends: ConnectionEnds

  public init(
    id: String = "",
    name: String,
    type: String,
    settings: JSONObject = JSONObject(),
    credentials: [String: Secret] = [:],
    timeout: Duration = .seconds(30),
    retryPolicy: RetryPolicy = RetryPolicy(),
    ends: ConnectionEnds = [.incoming, .outgoing]
  ) {
    self.id = id
    self.name = name
    self.type = type
    self.settings = settings
    self.credentials = credentials
    self.timeout = timeout
    self.retryPolicy = retryPolicy
    self.ends = ends
  }
}

/// The ends of a connection: where messages come in, and where they go out.
public struct ConnectionEnds: OptionSet, Sendable, Hashable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  public static let incoming = ConnectionEnds(rawValue: 1)
  public static let outgoing = ConnectionEnds(rawValue: 2)
}

/// How often and how patiently a failed delivery is tried again.
public struct RetryPolicy: Sendable, Equatable {
  /// Further attempts after the first. Default 3.
  public var maxRetries: Int
  /// Default 2.0.
  public var backoffMultiplier: Double
  /// Default 1 s.
  public var initialBackoff: Duration
  /// Default 30 s.
  public var maxBackoff: Duration
  /// The share of a wait that is random, 0 to 1: a wait of 4 s with 0.1 lasts 3.6 to 4.4 s. Default 0.1.
  public var jitter: Double

  public init(
    maxRetries: Int = 3,
    backoffMultiplier: Double = 2,
    initialBackoff: Duration = .seconds(1),
    maxBackoff: Duration = .seconds(30),
    jitter: Double = 0.1
  ) {
    self.maxRetries = maxRetries
    self.backoffMultiplier = backoffMultiplier
    self.initialBackoff = initialBackoff
    self.maxBackoff = maxBackoff
    self.jitter = jitter
  }
}

/// One thing wrong with a connector's settings.
public struct ConfigurationProblem: Sendable, Hashable {
  /// Where in the settings: `["tls", "certificate"]`, list indexes as decimal numbers; empty for the whole.
  public var path: [String]
  public var message: String
  public var remedy: String

  public init(path: [String], _ message: String, remedy: String = "") {
    self.path = path
    self.message = message
    self.remedy = remedy
  }
}
