public import RopewalkCore

/// Takes known secrets out of a text, for logs and error messages that quote what others said.
///
/// Each is replaced by `***`, also where it stands in its JSON form (with `\"` and `\n`). Values of fewer than
/// ``minLength`` bytes are left: replacing `1` or `yes` everywhere would hide nothing and spoil the text.
/// Made for a handful of values: a text without any of their first bytes costs one pass and no copy.
public struct SecretRedactor: Sendable {
  /// In bytes of UTF-8.
  public static let minLength = 4

  /// Longest first, so that a secret that begins another does not leave the other's rest.
  private let values: [[UInt8]]
  private let firstBytes: [Bool]

  public init(_ secrets: some Sequence<Secret>) {
    var forms: Set<[UInt8]> = []
    for secret in secrets {
      let value = Array(secret.reveal().utf8)
      guard value.count >= Self.minLength else { continue }
      forms.insert(value)
      forms.insert(Array(JSON.string(secret.reveal()).serialised().dropFirst().dropLast()))
    }
    values = forms.sorted { $0.count > $1.count }
    var firstBytes = [Bool](repeating: false, count: 256)
    for value in values { firstBytes[Int(value[0])] = true }
    self.firstBytes = firstBytes
  }

  /// The text without the secrets; the very text when there are none in it.
  public func redact(_ text: String) -> String {
    guard !values.isEmpty else { return text }
    var text = text
    return text.withUTF8 { bytes in redact(bytes) } ?? text
  }

  /// Nil when nothing was found.
  private func redact(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    var output: [UInt8] = []
    var kept = 0
    var position = 0
    while position < bytes.count {
      guard firstBytes[Int(bytes[position])], let length = lengthOfSecret(in: bytes, at: position) else {
        position += 1
        continue
      }
      output += bytes[kept..<position]
      output += Array("***".utf8)
      position += length
      kept = position
    }
    guard kept > 0 else { return nil }
    output += bytes[kept...]
    return String(decoding: output, as: UTF8.self)
  }

  private func lengthOfSecret(in bytes: UnsafeBufferPointer<UInt8>, at position: Int) -> Int? {
    values.first { value in
      value.count <= bytes.count - position && bytes[position..<position + value.count].elementsEqual(value)
    }?.count
  }
}
