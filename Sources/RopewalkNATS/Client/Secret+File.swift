import FoundationEssentials
package import RopewalkCore

extension Secret {
  /// The contents of a file, without white space at both ends.
  /// - Throws: `nats.settings.invalid` when it cannot be read or is empty.
  package init(file: String) throws(RopewalkError) {
    let text: String
    do {
      text = try String(contentsOfFile: file, encoding: .utf8)
    } catch {
      throw RopewalkError(.natsSettings, "\(file) cannot be read; check the path and its permissions", cause: error)
    }
    let value = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
    guard !value.isEmpty else { throw RopewalkError(.natsSettings, "\(file) is empty; it should hold a secret") }
    self.init(String(value))
  }
}
