/// The `traceparent` header of W3C Trace Context, version 00: `00-<trace id>-<parent id>-<flags>`.
enum TraceParent {
  /// The trace id in a header's value; nil when it has no valid one.
  static func traceID(in value: String) -> String? {
    let parts = value.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 4, parts[0].utf8.count == 2, parts[0] != "ff", isTraceID(parts[1]), parts[2].utf8.count == 16 else { return nil }
    return String(parts[1])
  }

  /// The header for a further hop of the trace; nil when the id is none.
  static func next(of traceID: String) -> String? {
    guard isTraceID(traceID) else { return nil }
    let parent = String(UInt64.random(in: 1 ... .max), radix: 16)
    return "00-\(traceID)-\(String(repeating: "0", count: 16 - parent.utf8.count))\(parent)-01"
  }

  private static func isTraceID(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 32 && text.utf8.contains { $0 != UInt8(ascii: "0") }
      && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 }
  }
}
