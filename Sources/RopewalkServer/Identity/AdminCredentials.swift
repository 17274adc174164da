import RopewalkCore
import RopewalkResources

/// The token of the one who runs the server. It is made at the first start and stays until it is revoked.
enum AdminCredentials {
  static let user = "ropewalk-admin"

  /// The token, made anew when there is none that the token file knows.
  static func token(_ files: ServerFiles, _ tokens: TokenFile, now: Timestamp) throws -> String {
    if let token = try PrivateFile.read(files.adminToken)?.trimmed, tokens.subject(ofToken: token, now: now)?.isMaster == true {
      return token
    }
    if try tokens.read().contains(where: { $0.id == user }) { try tokens.revoke(id: user) }
    let token = try tokens.create(id: user, user: user, groups: [AccessRules.mastersGroup])
    try PrivateFile.write(token + "\n", to: files.adminToken)
    return token
  }
}
