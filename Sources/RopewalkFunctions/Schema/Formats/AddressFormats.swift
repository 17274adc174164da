/// IP addresses as text.
enum AddressFormats {
  /// Four numbers up to 255, without leading zeros.
  static func isIPv4(_ text: some StringProtocol) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        1...3 ~= part.count && part.allSatisfy(\.isDigit) && (part.count == 1 || part.first != UInt8(ascii: "0"))
          && part.reduce(0) { $0 * 10 + Int($1 - 0x30) } <= 255
      }
  }

  /// RFC 4291: eight groups, one run of them left out as `::`, the last two possibly as IPv4. No zone.
  static func isIPv6(_ text: some StringProtocol) -> Bool {
    let halves = splitAtDoubleColon(Substring(text))
    guard let head = groupCount(halves.head, isLast: halves.tail == nil) else { return false }
    guard let tail = halves.tail else { return head == 8 }
    guard let tailCount = groupCount(tail, isLast: true) else { return false }
    return head + tailCount <= 7
  }

  private static func splitAtDoubleColon(_ text: Substring) -> (head: Substring, tail: Substring?) {
    let bytes = text.utf8
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let next = bytes.index(after: index)
      if bytes[index] == UInt8(ascii: ":"), next < bytes.endIndex, bytes[next] == UInt8(ascii: ":") {
        return (text[..<index], text[bytes.index(after: next)...])
      }
      index = next
    }
    return (text, nil)
  }

  /// How many groups stand there; nil where one of them is none.
  private static func groupCount(_ text: Substring, isLast: Bool) -> Int? {
    if text.isEmpty { return 0 }
    let groups = text.split(separator: ":", omittingEmptySubsequences: false)
    var count = 0
    for (index, group) in groups.enumerated() {
      if isLast, index == groups.count - 1, group.utf8.contains(UInt8(ascii: ".")) {
        guard isIPv4(group) else { return nil }
        count += 2
      } else {
        guard 1...4 ~= group.utf8.count, group.utf8.allSatisfy(\.isHexadecimalDigit) else { return nil }
        count += 1
      }
    }
    return count
  }
}
