/// What can be a customer's id, wherever it comes from.
package enum CustomerID {
  /// The longest, in bytes.
  package static let maxLength = 128
  /// What an id has, in words.
  package static let words = "1 to \(maxLength) letters, digits and -_.:@"

  package static func isValid(_ text: String) -> Bool {
    (1...maxLength).contains(text.utf8.count) && text.utf8.allSatisfy(isAllowed)
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: ":"): true
    case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "@"): true
    default: false
    }
  }
}
