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
