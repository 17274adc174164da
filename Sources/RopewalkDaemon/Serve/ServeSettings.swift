package import RopewalkServer

/// How `ropewalk serve` runs.
package struct ServeSettings: Sendable {
  /// Where the API listens. Default 127.0.0.1, port 6443.
  package var host = "127.0.0.1"
  package var port = 6443
  /// Default a certificate that the server makes itself.
  package var tls = APIServerSettings.TLS.selfMade
  /// Default `sqlite`.
  package var store = StoreChoice.sqlite
  /// Whether roles decide who may do what; off on a laptop. Default true.
  package var isAuthorizing = true
  package var journal = JournalSettings()
  /// Files, and folders of files, whose objects are applied when it starts.
  package var resources: [String] = []
  /// Folders in which connectors of objects that came by the API may read and write; no code comes from them. Default none.
  package var dataFolders: [String] = []
  package var integrations = IntegrationLimits()
  /// Folders in which controllers in WASM are looked for, and lists of them. Default `./plugins` and `./wasm-plugins.yaml`.
  package var plugins = ["./plugins", "./wasm-plugins.yaml"]

  package init() {}

  /// The key of the server's certificate, where it is a file of the operator's.
  var keyFile: String? { if case .files(_, let key, _) = tls { key } else { nil } }
}
