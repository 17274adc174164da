import FoundationEssentials

/// What `kubectl` needs to reach the server: a file of mode 0600, written at every start.
struct Kubeconfig {
  /// `https://127.0.0.1:6443`
  var server: String
  var authorityPEM: String?
  var token: String

  var text: String {
    let authority = authorityPEM.map { "    certificate-authority-data: \(Data($0.utf8).base64EncodedString())\n" } ?? ""
    return """
      apiVersion: v1
      kind: Config
      current-context: ropewalk
      clusters:
      - name: ropewalk
        cluster:
          server: \(server)
      \(authority)contexts:
      - name: ropewalk
        context:
          cluster: ropewalk
          namespace: default
          user: \(AdminCredentials.user)
      users:
      - name: \(AdminCredentials.user)
        user:
          token: \(token)

      """
  }
}
