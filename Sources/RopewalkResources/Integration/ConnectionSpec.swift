public import RopewalkConnector
public import RopewalkCore

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
