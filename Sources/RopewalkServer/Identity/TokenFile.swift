package import RopewalkCore
package import RopewalkResources
import Synchronization

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims  // the clang module that `stat` is found through under MemberImportVisibility
#else
  import Darwin
#endif

/// Who may come with which bearer token. Read again whenever the file changes, so that tokens are made, rotated and revoked
/// while the server runs.
package final class TokenFile: Sendable {
  /// Bytes of a token file at most.
  private static let maxSize = ByteCount.mebibytes(4)

  private struct Loaded {
    var entries: [[UInt8]: TokenEntry] = [:]
    var stamp: PrivateFile.Stamp?
  }

  package let path: String
  private let loaded = Mutex(Loaded())

  package init(path: String) {
    self.path = path
  }

  /// Nil when the token is not in the file as it is now, or expired. A file that is gone or cannot be read admits nobody.
  package func subject(ofToken token: String, now: Timestamp) -> Subject? {
    let digest = TokenEntry.digest(of: token)
    let entry = loaded.withLock { loaded in
      let stamp = PrivateFile.stamp(of: path)
      if stamp != loaded.stamp || stamp == nil {
        loaded.stamp = stamp
        let entries = (try? read()) ?? []
        loaded.entries = Dictionary(entries.map { ($0.digest, $0) }) { first, _ in first }
      }
      return loaded.entries[digest]
    }
    guard let entry, entry.expiry.map({ now < $0 }) ?? true else { return nil }
    return entry.subject
  }

  /// The entries in the order of the file; none when there is no file.
  /// - Throws: `token.file` when it cannot be read.
  package func read() throws -> [TokenEntry] {
    guard let text = try PrivateFile.read(path, limit: Self.maxSize) else { return [] }
    return text.split(separator: "\n").filter { $0.first != "#" }.compactMap { TokenEntry(line: String($0)) }
  }

  /// Makes a token and writes it down; returns the token, which nobody can find out again.
  /// - Throws: `token.exists` when there is one of that id, `token.file` when the file cannot be written.
  package func create(id: String, user: String, groups: [String], expiry: Timestamp? = nil) throws -> String {
    let texts = [id, user] + groups
    guard texts.allSatisfy({ text in !text.isEmpty && text.allSatisfy { !",\"\n\r#".contains($0) } }) else {
      throw RopewalkError(.tokenInvalid, "names of tokens, users and groups are not empty and have no comma, quote, '#' or line break")
    }
    var entries = try read()
    guard !entries.contains(where: { $0.id == id }) else {
      throw RopewalkError(.tokenExists, "there is a token '\(id)' already; revoke it first, or choose another --id")
    }
    let token = TokenEntry.makeToken()
    entries.append(TokenEntry(digest: TokenEntry.digest(of: token), id: id, user: user, groups: groups, expiry: expiry))
    try write(entries)
    return token
  }

  /// Takes a token out of the file; whoever has it is refused from his next request on.
  /// - Throws: `token.notFound`, `token.file`.
  package func revoke(id: String) throws {
    let entries = try read()
    let kept = entries.filter { $0.id != id }
    guard kept.count < entries.count else { throw RopewalkError(.tokenNotFound, "there is no token '\(id)' in \(path)") }
    try write(kept)
  }

  private static let heading = "# Digests of bearer tokens: sha256:DIGEST,USER,ID,\"GROUP,GROUP\",EXPIRY. 'ropewalk token' writes this.\n"

  private func write(_ entries: [TokenEntry]) throws {
    try PrivateFile.write(Self.heading + entries.map { $0.line + "\n" }.joined(), to: path)
  }
}

extension ErrorCode {
  package static let tokenExists = ErrorCode("token.exists", .conflict)
  package static let tokenNotFound = ErrorCode("token.notFound", .notFound)
  package static let tokenInvalid = ErrorCode("token.invalid", .usage)
}
