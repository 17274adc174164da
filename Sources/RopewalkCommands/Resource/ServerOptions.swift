import ArgumentParser
import FoundationEssentials
import RopewalkCore
import RopewalkServer

/// Which server a command speaks to, and as whom.
struct ServerOptions: ParsableArguments {
  @Option(name: .customLong("data-dir"), help: "The folder of a server on this machine, whose kubeconfig is taken.")
  var dataDirectory = DataDirectoryOption.standard

  @Option(help: "Another kubeconfig (default: KUBECONFIG, then kubeconfig in the data folder).")
  var kubeconfig: String?

  @Option(name: [.short, .long], help: "The namespace (default: the kubeconfig's, which is 'default').")
  var namespace: String?

  /// Runs `body` with a client and the kinds that the server has.
  func withServer(_ body: (ResourceSession) async throws -> Void) async throws {
    let configuration = try ClientConfiguration(kubeconfig: path)
    let client = APIClient(configuration)
    try await body(
      ResourceSession(client: client, kinds: try await ServedKinds(client), namespace: namespace ?? configuration.namespace)
    )
  }

  private var path: String {
    if let kubeconfig { return kubeconfig }
    let own = "\(dataDirectory)/kubeconfig"
    guard let named = ProcessInfo.processInfo.environment["KUBECONFIG"], !named.isEmpty else { return own }
    return named
  }
}

/// A server that a command speaks to.
struct ResourceSession {
  let client: APIClient
  let kinds: ServedKinds
  let namespace: String

  /// Where the objects of a kind are looked for.
  func scope(_ kind: ServedKind, allNamespaces: Bool = false) -> String? {
    kind.isNamespaced && !allNamespaces ? namespace : nil
  }
}
