import ArgumentParser
import RopewalkCore
import RopewalkResources
import RopewalkServer

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Makes, lists and revokes the tokens, and makes the certificates, by which clients are known to a server.",
    discussion: """
      Works on the server's data folder; a server that runs reads the change at once. To rotate a token make a new one,
      give it to its user, and revoke the old one.

      EXAMPLE
        ropewalk token create --user alice --group billing --expires-in 90d
        ropewalk token list
        ropewalk token revoke alice
      """,
    subcommands: [TokenCreateCommand.self, TokenCertificateCommand.self, TokenListCommand.self, TokenRevokeCommand.self]
  )
}

/// Where the tokens of a server are.
struct TokenFileOptions: ParsableArguments {
  @Option(name: .customLong("data-dir"), help: "The server's data folder.")
  var dataDirectory = DataDirectoryOption.standard

  var server: ServerFiles { ServerFiles(dataFolder: dataDirectory) }
  var file: TokenFile { TokenFile(path: server.tokens) }
}

struct TokenCreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create",
    abstract: "Makes a token and prints it, this once; the server keeps only its digest.",
    discussion: """
      EXAMPLE
        ropewalk token create --user alice --group billing
      """
  )

  @Option(help: "Whom it stands for.")
  var user: String

  @Option(help: "A group of the user; may be given more than once. system:masters may do everything.")
  var group: [String] = []

  @Option(help: "What the token is called (default: the user).")
  var id: String?

  @Option(name: .customLong("expires-in"), help: "How long it is good, such as 12h or 90d (default: until it is revoked).")
  var lifetime: DurationArgument?

  @OptionGroup var tokens: TokenFileOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let expiry = lifetime.map { Timestamp.now.advanced(by: $0.duration) }
      let token = try tokens.file.create(id: id ?? user, user: user, groups: group, expiry: expiry)
      try output.write(["id": .string(id ?? user), "user": .string(user), "token": .string(token)]) { token }
    }
  }
}

struct TokenCertificateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "certificate",
    abstract: "Makes a client certificate and its key, signed by the server's own authority.",
    discussion: """
      It is good until it expires; there is no taking it back. A server that was started with --client-ca knows those of that
      authority instead.

      EXAMPLE
        ropewalk token certificate --user carol --group ops --expires-in 30d
        kubectl config set-credentials carol --client-certificate carol.crt --client-key carol.key
      """
  )

  @Option(help: "Whom it stands for.")
  var user: String

  @Option(help: "A group of the user; may be given more than once. system:masters may do everything.")
  var group: [String] = []

  @Option(name: .customLong("expires-in"), help: "How long it is good, such as 12h or 30d.")
  var lifetime = DurationArgument(.seconds(90 * 86_400))

  @Option(help: "The files' path, without .crt and .key (default: the user).", completion: .file())
  var into: String?

  @OptionGroup var tokens: TokenFileOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard into != nil || !user.contains("/") else { throw ValidationError("name the files with --into: '\(user)' is no file's name") }
  }

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let made = try ClientCertificate(user: user, groups: group, lifetime: lifetime.duration, at: into ?? user, by: tokens.server)
      try output.write(["user": .string(user), "certificate": .string(made.certificate), "key": .string(made.key)]) {
        "\(made.certificate)\n\(made.key)"
      }
    }
  }
}

struct TokenListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the tokens: their ids, users, groups and when they expire.",
    discussion: """
      EXAMPLE
        ropewalk token list
      """
  )

  @OptionGroup var tokens: TokenFileOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await reportingFailures(as: output.output) {
      let entries = try tokens.file.read()
      let list = entries.map { entry -> JSON in
        [
          "id": .string(entry.id), "user": .string(entry.user), "groups": .array(entry.groups.map { .string($0) }),
          "expires": entry.expiry.map { .string($0.rfc3339Seconds) } ?? .null,
        ]
      }
      try output.write(.array(list)) {
        var table = Table("ID", "USER", "GROUPS", "EXPIRES")
        for entry in entries {
          table.add(entry.id, entry.user, entry.groups.joined(separator: ","), entry.expiry?.rfc3339Seconds ?? "never")
        }
        return table.text()
      }
    }
  }
}

struct TokenRevokeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke",
    abstract: "Takes a token back; whoever has it is refused from his next request on.",
    discussion: """
      EXAMPLE
        ropewalk token revoke alice
      """
  )

  @Argument(help: "The token's id, as 'ropewalk token list' shows it.")
  var id: String

  @OptionGroup var tokens: TokenFileOptions

  func run() async throws {
    try await reportingFailures {
      try tokens.file.revoke(id: id)
      Console.print("token/\(id) revoked")
    }
  }
}
