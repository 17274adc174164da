import FoundationEssentials
package import RopewalkCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Secret {
  /// The contents of a file, without white space at both ends.
  /// - Throws: `nats.settings.invalid` when it cannot be read or is empty.
  package init(file: String) throws(RopewalkError) {
    guard access(file, R_OK) == 0 else {
      let reason = String(cString: strerror(errno))
      throw RopewalkError(.natsSettings, "\(file) cannot be read: \(reason); check the path and its permissions")
    }
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
      throw RopewalkError(.natsSettings, "\(file) is not a file of UTF-8 text; it should hold a secret")
    }
    let value = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
    guard !value.isEmpty else { throw RopewalkError(.natsSettings, "\(file) is empty; it should hold a secret") }
    self.init(String(value))
  }
}
