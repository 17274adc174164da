import ArgumentParser
import RopewalkCore
import RopewalkDaemon
import RopewalkServer

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves the API that kubectl speaks, and runs what is declared there.",
    discussion: """
      Objects are kept in the data folder. Files and folders that are given are applied at the start; what is changed there later is
      not. SIGTERM or Ctrl-C drains: nothing new is taken, what is under way is finished. A second one stops at once.

      EXAMPLE
        ropewalk serve
        ropewalk serve --listen 0.0.0.0:6443 --store postgres://ropewalk@db/ropewalk --resources ./declared
        kubectl --kubeconfig .ropewalk/kubeconfig get integrations
      """
  )

  @Argument(help: "Files of objects that are applied at the start.", completion: .file(extensions: ["yaml", "yml", "json"]))
  var files: [String] = []

  @Option(help: "A folder of files of objects that are applied at the start.", completion: .directory)
  var resources: [String] = []

  @Option(help: "Where the API listens: HOST:PORT. Port 0 is any that is free.")
  var listen = "127.0.0.1:6443"

  @Option(help: "Whether the API is served over TLS: on or off. Off is for loopback only.")
  var tls = Switch.on

  @Option(help: "The server's certificate and those behind it, in PEM; without it the server makes one itself.", completion: .file())
  var tlsCert: String?

  @Option(help: "The key of the certificate, in PEM.", completion: .file())
  var tlsKey: String?

  @Option(help: "The authorities that may have signed clients' certificates, in PEM; for --tls-cert.", completion: .file())
  var clientCa: String?

  @Option(help: "Where objects are kept: sqlite (in the data folder), memory, or postgres://… (in a database).")
  var store = "sqlite"

  @Option(
    help: "A folder in which controllers in WASM are looked for, or a wasm-plugins.yaml; ./plugins and ./wasm-plugins.yaml unless named.",
    completion: .file()
  )
  var plugins: [String] = []

  @Option(
    help: "A folder without code in which connectors that are declared by the API may read and write; none unless named.",
    completion: .directory
  )
  var allowFolder: [String] = []

  @Option(help: "Whether roles decide who may do what: on or off.")
  var authorization = Switch.on

  @OptionGroup var options: IntegrationOptions
  @OptionGroup(title: "Journal") var journal: JournalOptions

  enum Switch: String, CaseIterable, ExpressibleByArgument { case on, off }

  func validate() throws {
    guard address != nil else { throw ValidationError("--listen is HOST:PORT, such as 127.0.0.1:6443") }
    guard (tlsCert == nil) == (tlsKey == nil) else { throw ValidationError("--tls-cert and --tls-key belong together") }
    guard clientCa == nil || tlsCert != nil else { throw ValidationError("--client-ca is for --tls-cert: else the server's own CA counts") }
    guard tls == .on || tlsCert == nil else { throw ValidationError("--tls off has no certificate: remove --tls-cert") }
    guard StoreChoice(store) != nil else { throw ValidationError("--store is sqlite, memory or a URL that begins with postgres://") }
  }

  private var address: (host: String, port: Int)? {
    guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]), 0...65_535 ~= port else {
      return nil
    }
    let host = String(listen[..<colon])
    let isQuoted = host.hasPrefix("[") && host.hasSuffix("]")
    return host.isEmpty ? nil : (isQuoted ? String(host.dropFirst().dropLast()) : host, port)
  }

  private var settings: ServeSettings {
    var settings = ServeSettings()
    if let (host, port) = address { (settings.host, settings.port) = (host, port) }
    if tls == .off { settings.tls = .off }
    if let tlsCert, let tlsKey { settings.tls = .files(certificate: tlsCert, key: tlsKey, clientAuthority: clientCa) }
    settings.store = StoreChoice(store) ?? .sqlite
    settings.isAuthorizing = authorization == .on
    settings.journal = journal.settings
    settings.resources = files + resources
    if !plugins.isEmpty { settings.plugins = plugins }
    if !allowFolder.isEmpty { settings.dataFolders = allowFolder }
    return settings
  }

  func run() async throws {
    try await reportingFailures {
      let host = try await ServeHost(settings, in: options.workspace) { serving in
        Console.note("serving \(serving.url)")
        Console.note("try: kubectl --kubeconfig \(serving.kubeconfig) get integrations")
      }
      try await withThrowingTaskGroup { group in
        group.addTask { await LiveCounts.show { host.counts() } }
        defer { group.cancelAll() }
        try await host.run { Console.note("draining; once more stops at once") }
      }
    }
  }
}
