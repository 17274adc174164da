/// RFC 3492's way of writing Unicode in letters, digits and hyphens.
enum Punycode {
  private static let base = 36
  private static let tMin = 1
  private static let tMax = 26
  private static let initialBias = 72
  private static let initialN = 128

  /// Nil where the text is no Punycode.
  static func decode(_ text: some Collection<UInt8>) -> [Unicode.Scalar]? {
    var output: [UInt32] = []
    var rest = Array(text)[...]
    if let hyphen = rest.lastIndex(of: UInt8(ascii: "-")) {
      output = rest[..<hyphen].map(UInt32.init)
      rest = rest[(hyphen + 1)...]
    }
    guard !rest.isEmpty, output.allSatisfy({ $0 < 0x80 }) else { return nil }
    var n = initialN
    var i = 0
    var bias = initialBias
    while !rest.isEmpty {
      let oldI = i
      guard let delta = takeDelta(&rest, bias: bias) else { return nil }
      i += delta
      let count = output.count + 1
      bias = adapt(i - oldI, count, isFirst: oldI == 0)
      n += i / count
      i %= count
      guard n <= 0x10FFFF else { return nil }
      output.insert(UInt32(n), at: i)
      i += 1
    }
    let scalars = output.compactMap(Unicode.Scalar.init)
    return scalars.count == output.count ? scalars : nil
  }

  /// Takes one number of variable length.
  private static func takeDelta(_ rest: inout ArraySlice<UInt8>, bias: Int) -> Int? {
    var delta = 0
    var weight = 1
    var k = base
    while true {
      guard let byte = rest.popFirst(), let digit = digit(byte), weight < 1 << 40 else { return nil }
      delta += digit * weight
      let t = threshold(k, bias)
      if digit < t { return delta }
      weight *= base - t
      k += base
    }
  }

  /// Without the prefix `xn--`; nil where the text is too long to be a label anyway.
  static func encode(_ scalars: [Unicode.Scalar]) -> [UInt8]? {
    guard scalars.count <= 256 else { return nil }
    var output = scalars.filter(\.isASCII).map { UInt8($0.value) }
    var handled = output.count
    let basicCount = handled
    if basicCount > 0 { output.append(UInt8(ascii: "-")) }
    var n = initialN
    var delta = 0
    var bias = initialBias
    while handled < scalars.count {
      guard let next = scalars.lazy.map({ Int($0.value) }).filter({ $0 >= n }).min() else { return nil }
      delta += (next - n) * (handled + 1)
      n = next
      for scalar in scalars {
        if scalar.value < n { delta += 1 }
        guard scalar.value == n else { continue }
        write(delta, bias: bias, to: &output)
        bias = adapt(delta, handled + 1, isFirst: handled == basicCount)
        delta = 0
        handled += 1
      }
      delta += 1
      n += 1
    }
    return output
  }

  private static func write(_ delta: Int, bias: Int, to output: inout [UInt8]) {
    var rest = delta
    var k = base
    while true {
      let t = threshold(k, bias)
      guard rest >= t else { break }
      output.append(character(t + (rest - t) % (base - t)))
      rest = (rest - t) / (base - t)
      k += base
    }
    output.append(character(rest))
  }

  private static func threshold(_ k: Int, _ bias: Int) -> Int { min(max(k - bias, tMin), tMax) }

  private static func adapt(_ delta: Int, _ count: Int, isFirst: Bool) -> Int {
    var delta = isFirst ? delta / 700 : delta / 2
    delta += delta / count
    var k = 0
    while delta > (base - tMin) * tMax / 2 {
      delta /= base - tMin
      k += base
    }
    return k + (base - tMin + 1) * delta / (delta + 38)
  }

  private static func digit(_ byte: UInt8) -> Int? {
    if byte.isDigit { return Int(byte) - 0x30 + 26 }
    return byte.isLetter ? Int(byte | 0x20) - 0x61 : nil
  }

  private static func character(_ digit: Int) -> UInt8 { UInt8(digit < 26 ? digit + 0x61 : digit - 26 + 0x30) }
}
