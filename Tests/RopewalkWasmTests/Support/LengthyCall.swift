import RopewalkPlugins

@testable import RopewalkWasm

/// Calls of host functions that would take many seconds if only the guest were interrupted.
enum LengthyCall: String, CaseIterable, Sendable {
  /// The whole memory, 1,024 times in one write.
  case write
  /// Many patterns on a long text.
  case patterns
  /// Many pointers into a large object.
  case pointers

  var capability: Capability {
    switch self {
    case .write: .log
    case .patterns: .validate
    case .pointers: .transform
    }
  }

  /// What the guest hands to the host function, one behind the other.
  private var texts: [String] {
    switch self {
    case .write: ["x"]
    case .patterns:
      [
        #"{"allOf":["# + Array(repeating: #"{"not":{"pattern":"^(?:a|b)*c$"}}"#, count: 512).joined(separator: ",") + "]}",
        "\"" + String(repeating: "a", count: 1 << 18) + "\"",
      ]
    case .pointers:
      [
        "remove",
        #"{"members":["# + Array(repeating: #""/x""#, count: 13_000).joined(separator: ",") + "]}",
        "{" + (0..<100_000).map { "\"k\($0)\":1" }.joined(separator: ",") + "}",
      ]
    }
  }

  var payload: String { texts.joined() }

  var wat: String {
    let lengths = texts.map(\.utf8.count)
    return switch self {
    case .write: GuestText.flood
    case .patterns: GuestText.calling(.validate, lengths: lengths)
    case .pointers: GuestText.calling(.transform, lengths: lengths)
    }
  }
}
