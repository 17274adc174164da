import RopewalkCore

extension PayloadExpectation {
  /// Differences that are told of one payload; further ones say little.
  public static let maxDifferences = 20

  /// How a payload differs from what is expected, one line for each place: `total: expected 5, got 6`; empty when it fits.
  public func differences(from payload: [UInt8]) -> [String] {
    switch form {
    case .bytes(let expected): Self.difference(expected, payload).map { [$0] } ?? []
    case .json(let expected): differences(expected, payload, isPartial: false)
    case .contains(let expected): differences(expected, payload, isPartial: true)
    }
  }

  private func differences(_ expected: JSON, _ payload: [UInt8], isPartial: Bool) -> [String] {
    let actual: JSON
    do throws(JSONSyntaxError) {
      actual = try JSON.parse(payload)
    } catch {
      return ["the payload is \(error)"]
    }
    var comparison = JSONComparison(isPartial: isPartial)
    comparison.compare(expected, actual, at: "")
    return Array(comparison.differences.prefix(Self.maxDifferences))
  }

  private static func difference(_ expected: [UInt8], _ actual: [UInt8]) -> String? {
    guard expected != actual else { return nil }
    let same = zip(expected, actual).prefix { $0 == $1 }.count
    let line = 1 + expected[..<same].count { $0 == UInt8(ascii: "\n") }
    return "expected \(expected.count) bytes, got \(actual.count); they differ from byte \(same + 1) in line \(line) on: "
      + "expected \(excerpt(of: expected, from: same)), got \(excerpt(of: actual, from: same))"
  }

  private static func excerpt(of bytes: [UInt8], from start: Int) -> String {
    start == bytes.count ? "the end" : JSON.string(String(decoding: bytes[start...].prefix(40), as: UTF8.self)).text()
  }
}

/// Compares JSON values by what they mean.
private struct JSONComparison {
  /// Whether objects may have members beyond those expected.
  let isPartial: Bool
  var differences: [String] = []

  init(isPartial: Bool) {
    self.isPartial = isPartial
  }

  mutating func compare(_ expected: JSON, _ actual: JSON, at path: String) {
    switch (expected, actual) {
    case (.object(let expected), .object(let actual)): compare(expected, actual, at: path)
    case (.array(let expected), .array(let actual)): compare(expected, actual, at: path)
    case (.number(let expected), .number(let actual)) where Self.areEqual(expected, actual): return
    default:
      if expected != actual { report(path, "expected \(Self.shown(expected)), got \(Self.shown(actual))") }
    }
  }

  private mutating func compare(_ expected: JSONObject, _ actual: JSONObject, at path: String) {
    for member in expected.members {
      let place = path.isEmpty ? member.key : "\(path).\(member.key)"
      guard let value = actual[member.key] else {
        report(place, "expected \(Self.shown(member.value)), got nothing")
        continue
      }
      compare(member.value, value, at: place)
    }
    guard !isPartial else { return }
    for member in actual.members where expected[member.key] == nil {
      report(path.isEmpty ? member.key : "\(path).\(member.key)", "expected nothing, got \(Self.shown(member.value))")
    }
  }

  private mutating func compare(_ expected: [JSON], _ actual: [JSON], at path: String) {
    if expected.count != actual.count { report(path, "expected \(expected.count) items, got \(actual.count)") }
    for (index, pair) in zip(expected, actual).enumerated() {
      compare(pair.0, pair.1, at: "\(path)[\(index)]")
    }
  }

  private mutating func report(_ path: String, _ message: String) {
    differences.append(path.isEmpty ? message : "\(path): \(message)")
  }

  private static func areEqual(_ left: JSONNumber, _ right: JSONNumber) -> Bool {
    if left.literal == right.literal { return true }
    if let left = Int(left.literal), let right = Int(right.literal) { return left == right }
    return left.double == right.double
  }

  private static func shown(_ value: JSON) -> String {
    let text = value.text()
    return text.count > 80 ? "\(text.prefix(80))…" : text
  }
}
