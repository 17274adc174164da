import RopewalkFunctions

extension Base64 {
  /// The bytes of a text in which there may be spaces and line breaks; nil when it is not base64.
  static func decode(_ text: String) -> [UInt8]? {
    let digits = text.utf8.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0x20 }
    return try? decode(digits, alphabet: .standard).get()
  }

  static func text(_ bytes: [UInt8]) -> String { String(decoding: encode(bytes), as: UTF8.self) }
}
