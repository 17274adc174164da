import ArgumentParser
import RopewalkDaemon

/// How commands that work in a cluster reach its NATS servers.
struct ClusterOptions: ParsableArguments {
  @Option(
    name: .customLong("nats"),
    help: "A NATS server, nats://host:4222 or tls://host:4222. Name several servers of one cluster one by one."
  )
  var servers: [String] = []

  @Option(name: .customLong("nats-credentials"), help: "A credentials file: a user's JWT and NKey seed.", completion: .file())
  var credentialsFile: String?

  @Option(name: .customLong("nats-nkey"), help: "A file with a user's NKey seed.", completion: .file())
  var nkeyFile: String?

  @Option(name: .customLong("nats-token-file"), help: "A file with a token.", completion: .file())
  var tokenFile: String?

  @Option(name: .customLong("nats-user"), help: "A user, with --nats-password-file.")
  var user: String?

  @Option(name: .customLong("nats-password-file"), help: "A file with the user's password.", completion: .file())
  var passwordFile: String?

  @Option(
    name: .customLong("nats-ca"),
    help: "The authorities that may have signed the servers' certificates, in PEM.",
    completion: .file()
  )
  var authoritiesFile: String?

  @Option(name: .customLong("nats-cert"), help: "Our certificate, in PEM, where the servers ask for one.", completion: .file())
  var certificateFile: String?

  @Option(name: .customLong("nats-key"), help: "The key of our certificate, in PEM.", completion: .file())
  var keyFile: String?

  @Option(name: .customLong("nats-replicas"), help: "Servers that keep each stream, when the streams are made: 1, 3 or 5.")
  var replicas = 1

  /// What it takes to reach the servers again, as it was given, with a space before each option.
  var given: String {
    let files = [
      ("nats-credentials", credentialsFile), ("nats-nkey", nkeyFile), ("nats-token-file", tokenFile), ("nats-user", user),
      ("nats-password-file", passwordFile), ("nats-ca", authoritiesFile), ("nats-cert", certificateFile), ("nats-key", keyFile),
    ]
    let options = servers.map { ("nats", $0) } + files.compactMap { name, value in value.map { (name, $0) } }
    return options.map { " --\($0.0) \(ShellText.quoted($0.1))" }.joined()
  }

  var settings: ClusterSettings {
    var settings = ClusterSettings(servers: servers)
    settings.credentialsFile = credentialsFile
    settings.nkeyFile = nkeyFile
    settings.tokenFile = tokenFile
    settings.user = user
    settings.passwordFile = passwordFile
    settings.authoritiesFile = authoritiesFile
    settings.certificateFile = certificateFile
    settings.keyFile = keyFile
    settings.replicas = replicas
    return settings
  }
}
