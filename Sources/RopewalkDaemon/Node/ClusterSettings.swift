import RopewalkCore
import RopewalkJournal
import RopewalkNATS

/// How a process reaches the NATS servers of its cluster. Secrets are read from files, never given as they are.
package struct ClusterSettings: Sendable {
  /// `nats://host:4222`; several servers of one cluster.
  package var servers: [String]
  package var credentialsFile: String?
  package var nkeyFile: String?
  package var tokenFile: String?
  package var user: String?
  package var passwordFile: String?
  /// PEM files.
  package var authoritiesFile: String?
  package var certificateFile: String?
  package var keyFile: String?
  /// Servers that keep each stream, for streams that are made now. Default 1.
  package var replicas = 1
  /// How long a message id is remembered, in streams that are made now; nil for 10 minutes.
  package var dedupeWindow: Duration?
  /// How long this node keeps dead letters, open or closed; nil leaves them to others.
  package var deadLetterRetention: Duration?
  /// Dead letters that are kept; nil for 100,000.
  package var maxDeadLetters: Int?

  package init(servers: [String]) {
    self.servers = servers
  }

  var journal: JetStreamJournal.Settings {
    var journal = JetStreamJournal.Settings()
    journal.replicas = replicas
    journal.deadLetterRetention = deadLetterRetention
    if let dedupeWindow { journal.limits.windowDuration = dedupeWindow }
    if let maxDeadLetters { journal.limits.maxDeadLetters = maxDeadLetters }
    return journal
  }

  /// - Throws: `nats.settings.invalid` when they contradict each other or a file cannot be read.
  func options(name: String) throws(RopewalkError) -> NATSOptions {
    let given = [credentialsFile, nkeyFile, tokenFile, user].compactMap(\.self)
    guard given.count <= 1 else {
      throw RopewalkError(.natsSettings, "a credentials file, an NKey, a token and a user exclude each other; name one of them")
    }
    var options = NATSOptions(servers: servers)
    options.name = name
    if let credentialsFile { options.authentication = .credentials(file: credentialsFile) }
    if let nkeyFile { options.authentication = .nkey(seedFile: nkeyFile) }
    if let tokenFile { options.authentication = .token(try Secret(file: tokenFile)) }
    if let user {
      guard let passwordFile else {
        throw RopewalkError(.natsSettings, "the user '\(user)' needs a password; name the file that holds it with --nats-password-file")
      }
      options.authentication = .user(user, password: try Secret(file: passwordFile))
    }
    if authoritiesFile != nil || certificateFile != nil || keyFile != nil {
      options.tls = NATSOptions.TLS(authorities: authoritiesFile, certificate: certificateFile, key: keyFile)
    }
    return options
  }
}
