/// What the API server keeps in the data folder.
package struct ServerFiles: Sendable, Hashable {
  /// `.ropewalk/api`
  package var folder: String
  /// `.ropewalk/kubeconfig`
  package var kubeconfig: String

  package init(dataFolder: String) {
    folder = "\(dataFolder)/api"
    kubeconfig = "\(dataFolder)/kubeconfig"
  }

  /// - Throws: `server.file` when the folder cannot be made.
  package func makeFolder() throws { try PrivateFile.makeFolder(folder) }

  package var tokens: String { "\(folder)/tokens" }
  package var audit: String { "\(folder)/audit.jsonl" }
  /// Of controllers in WASM, so that they do not push out what people did, however often they write.
  package var controllersAudit: String { "\(folder)/audit-controllers.jsonl" }
  var adminToken: String { "\(folder)/admin.token" }
  var authorityCertificate: String { "\(folder)/ca.crt" }
  var authorityKey: String { "\(folder)/ca.key" }
  var serverCertificate: String { "\(folder)/server.crt" }
  var serverKey: String { "\(folder)/server.key" }
  var serverNames: String { "\(folder)/server.names" }
}
