package import RopewalkCore

/// Reads files with objects of any kind, as they are applied to a server: YAML or JSON, one or several in a file.
package enum ObjectFile {
  /// The largest file that is read.
  package static let maxSize = ByteCount.mebibytes(16)

  /// The documents of a file, in order.
  /// - Throws: everything that is wrong with its syntax.
  package static func documents(ofFile path: String) throws(DiagnosticsError) -> [JSON] {
    let findings = Findings()
    guard let text = TextFile.read(path, limit: maxSize, findings: findings) else { throw DiagnosticsError(findings.sorted) }
    return try documents(in: text, file: path)
  }

  /// - Parameter file: what places in messages begin with.
  package static func documents(in text: String, file: String) throws(DiagnosticsError) -> [JSON] {
    let findings = Findings()
    let example = "an object that begins with apiVersion: and kind:"
    let nodes = TextFile.documents(in: text, file: file, limit: maxSize, example: example, findings: findings)
    guard !findings.hasErrors else { throw DiagnosticsError(findings.sorted) }
    return nodes.map(\.json)
  }
}
