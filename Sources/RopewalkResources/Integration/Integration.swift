public import RopewalkConnector
public import RopewalkCore
public import RopewalkPlugins

/// An integration as declared: incoming connections, steps, destinations. All references are resolved to values,
/// all defaults filled in, every name unique.
public struct Integration: Sendable {
  public var metadata: ObjectMetadata
  public var spec: IntegrationSpec
  /// The file it was read from; nil when it came from elsewhere.
  public var file: String?

  public init(metadata: ObjectMetadata, spec: IntegrationSpec, file: String? = nil) {
    self.metadata = metadata
    self.spec = spec
    self.file = file
  }
}

/// The part of `metadata` that every resource has.
public struct ObjectMetadata: Sendable, Equatable {
  /// At most 63 characters: small letters, digits and `-`, a letter or digit at both ends.
  public var name: String
  public var namespace: String
  public var labels: [String: String]
  public var annotations: [String: String]

  public init(name: String, namespace: String = "default", labels: [String: String] = [:], annotations: [String: String] = [:]) {
    self.name = name
    self.namespace = namespace
    self.labels = labels
    self.annotations = annotations
  }
}

public struct IntegrationSpec: Sendable {
  public var customer: CustomerRule
  /// Default `default`.
  public var tenant: String
  /// At least one.
  public var incoming: [ConnectionSpec]
  public var steps: [StepSpec]
  /// At least one.
  public var outgoing: [DestinationSpec]
  /// Default `none`.
  public var ordering: Ordering
  /// With `ordering: key`, what a message's key is; nil for the customer alone.
  public var orderingKey: OrderingKey?
  public var limits: PipelineLimits
  public var alerts: AlertSpec

  public init(
    customer: CustomerRule,
    tenant: String = "default",
    incoming: [ConnectionSpec],
    steps: [StepSpec] = [],
    outgoing: [DestinationSpec],
    ordering: Ordering = .none,
    orderingKey: OrderingKey? = nil,
    limits: PipelineLimits = PipelineLimits(),
    alerts: AlertSpec = AlertSpec()
  ) {
    self.customer = customer
    self.tenant = tenant
    self.incoming = incoming
    self.steps = steps
    self.outgoing = outgoing
    self.ordering = ordering
    self.orderingKey = orderingKey
    self.limits = limits
    self.alerts = alerts
  }
}

/// Where a message's customer comes from.
public enum CustomerRule: Sendable, Equatable {
  /// `customer: { header: X-Customer-ID }`
  case header(String)
  /// `customer: { path: customer }`, a named part `:customer` of the incoming endpoint; connectors pass it on as the
  /// header `ropewalk-path-customer`.
  case path(String)
  /// `customer: acme`
  case fixed(String)
}

public struct ConnectionSpec: Sendable {
  /// Unique within the integration; the type, with `-2`, `-3` … behind it where needed, unless the file names one.
  public var name: String
  public var type: String
  /// `plugin: github.com/ropewalk/connectors/http@>=1.0.0,<2.0.0` or `plugin: ./connectors/http`, as written; nil where there is none.
  public var plugin: String?
  public var runtime: ConnectorRuntime
  /// `config` with `${SECRET:…}` and `${ENV:…}` filled in.
  public var settings: JSONObject
  /// `credentials`, filled in as `config` is; only connectors in processes of their own take any.
  public var credentials: [String: Secret]
  public var timeout: Duration
  public var retryPolicy: RetryPolicy
  /// The place of `config` keys in the file, by path such as `["tls", "certificate"]`.
  public var places: SettingPlaces
  /// The place of everything in the connection, by path such as `["plugin"]`.
  public var ownPlaces: SettingPlaces
  /// What its connector is held to where it reads and writes files itself; nil for nothing. Only a control plane sets it.
  package var fence: FolderFence?

  public init(
    name: String,
    type: String,
    plugin: String? = nil,
    runtime: ConnectorRuntime = .embedded,
    settings: JSONObject = JSONObject(),
    credentials: [String: Secret] = [:],
    timeout: Duration = .seconds(30),
    retryPolicy: RetryPolicy = RetryPolicy(),
    places: SettingPlaces = SettingPlaces(),
    ownPlaces: SettingPlaces = SettingPlaces()
  ) {
    self.name = name
    self.type = type
    self.plugin = plugin
    self.runtime = runtime
    self.settings = settings
    self.credentials = credentials
    self.timeout = timeout
    self.retryPolicy = retryPolicy
    self.places = places
    self.ownPlaces = ownPlaces
  }

  public var configuration: ConnectionConfiguration {
    ConnectionConfiguration(
      id: name,
      name: name,
      type: type,
      settings: settings,
      credentials: credentials,
      timeout: timeout,
      retryPolicy: retryPolicy
    )
  }
}

/// Where a map of the file and its members stand.
public struct SettingPlaces: Sendable, Equatable {
  /// The field of the map, such as `spec.incoming[0].config`.
  public var field: String
  public var marks: [[String]: SourceMark]
  /// The values with a `${SECRET:…}` or `${ENV:…}` that was left as it is (``ReferenceResolver/Missing/leave``):
  /// what a connector finds wrong with one of them says nothing.
  public var unresolved: Set<[String]>

  public init(field: String = "", marks: [[String]: SourceMark] = [:], unresolved: Set<[String]> = []) {
    self.field = field
    self.marks = marks
    self.unresolved = unresolved
  }

  /// The place of a member, or of the nearest thing around it.
  public func mark(for path: [String]) -> SourceMark? {
    var path = path[...]
    while true {
      if let mark = marks[Array(path)] { return mark }
      guard !path.isEmpty else { return nil }
      path = path.dropLast()
    }
  }

  /// `spec.incoming[0].config.tls.certificate`
  public func field(for path: [String]) -> String {
    path.reduce(field) { Int($1) == nil ? "\($0).\($1)" : "\($0)[\($1)]" }
  }
}

/// A destination: one entry of `outgoing`.
public struct DestinationSpec: Sendable {
  public var connection: ConnectionSpec
  /// Steps in front of this destination alone.
  public var steps: [StepSpec]
  /// Deliveries at once. Default 64.
  public var maxInFlight: Int
  /// Nil when it is off.
  public var circuitBreaker: CircuitBreakerPolicy?

  public init(
    connection: ConnectionSpec,
    steps: [StepSpec] = [],
    maxInFlight: Int = 64,
    circuitBreaker: CircuitBreakerPolicy? = CircuitBreakerPolicy()
  ) {
    self.connection = connection
    self.steps = steps
    self.maxInFlight = maxInFlight
    self.circuitBreaker = circuitBreaker
  }
}

/// One converter or filter.
public struct StepSpec: Sendable {
  public enum Kind: String, Sendable { case converter, filter }

  public enum Logic: Sendable, Equatable {
    /// `type: wasm` with `source:` a file that ends in `.ts`, `.js`, `.mjs` or `.wasm`; absolute, or relative to the integration file's folder, already resolved.
    case file(String)
    /// `type: wasm` with `inline:` TypeScript.
    case inline(String, at: SourceMark?)
    /// `type: function` with `function:` the name of a built-in one, such as `xml-to-json`.
    case function(String)
  }

  /// Unique within the integration: `converter-1`, `filter-2` … by place, unless the file names one.
  public var name: String
  public var kind: Kind
  public var logic: Logic
  public var limits: LogicLimits
  public var capabilities: Set<Capability>
  /// What `HTTPCall` may reach; counts only where it is granted.
  public var http: OutboundHTTP.Policy
  /// What the logic itself is configured with: `config.settings`.
  public var settings: JSONObject
  /// The place of everything in the step, by path such as `["source"]` or `["config", "timeout"]`.
  public var places: SettingPlaces

  public init(
    name: String,
    kind: Kind,
    logic: Logic,
    limits: LogicLimits = LogicLimits(),
    capabilities: Set<Capability> = [],
    http: OutboundHTTP.Policy = OutboundHTTP.Policy(),
    settings: JSONObject = JSONObject(),
    places: SettingPlaces = SettingPlaces()
  ) {
    self.name = name
    self.kind = kind
    self.logic = logic
    self.limits = limits
    self.capabilities = capabilities
    self.http = http
    self.settings = settings
    self.places = places
  }
}

/// `spec.limits`: the bounds of one integration's queues.
public struct PipelineLimits: Sendable, Equatable {
  /// `queuePerCustomer`: messages of one customer accepted and not settled. Default 10,000.
  public var queuePerCustomer: Int
  /// `queue`: messages of all customers accepted and not settled. Default 100,000.
  public var queue: Int
  /// `maxPayloadSize`: Default 16 MiB.
  public var maxPayloadSize: ByteCount
  /// `drainTimeout`: how long a stop waits for what is in flight. Default 30 s.
  public var drainTimeout: Duration
  /// `memory`: how much of what is accepted is in memory; the rest waits in the journal alone.
  public var memory: MemoryLimits

  public init(
    queuePerCustomer: Int = 10_000,
    queue: Int = 100_000,
    maxPayloadSize: ByteCount = .mebibytes(16),
    drainTimeout: Duration = .seconds(30),
    memory: MemoryLimits = MemoryLimits()
  ) {
    self.queuePerCustomer = queuePerCustomer
    self.queue = queue
    self.maxPayloadSize = maxPayloadSize
    self.drainTimeout = drainTimeout
    self.memory = memory
  }
}

/// `spec.limits.memory`: the bounds of what one integration has in memory. Nothing is refused because of them.
public struct MemoryLimits: Sendable, Equatable {
  /// `messagesPerCustomer`: Default 4,096.
  public var messagesPerCustomer: Int
  /// `messages`: of all customers. Default 32,768.
  public var messages: Int
  /// `sizePerCustomer`: payloads, headers and ids. Default 32 MiB.
  public var sizePerCustomer: ByteCount
  /// `size`: of all customers. Default 128 MiB.
  public var size: ByteCount

  public init(
    messagesPerCustomer: Int = 4096,
    messages: Int = 32_768,
    sizePerCustomer: ByteCount = .mebibytes(32),
    size: ByteCount = .mebibytes(128)
  ) {
    self.messagesPerCustomer = messagesPerCustomer
    self.messages = messages
    self.sizePerCustomer = sizePerCustomer
    self.size = size
  }
}
