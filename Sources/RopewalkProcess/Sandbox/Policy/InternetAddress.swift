import Glibc

/// An IPv4 or IPv6 address, as the bytes that travel.
enum InternetAddress: Sendable, Hashable {
  case v4([UInt8])
  case v6([UInt8])

  static let loopback = InternetAddress.v4([127, 0, 0, 1])

  /// Nil when the text is no address in its usual form.
  init?(parsing text: String) {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 {
      self = .v4(Array(bytes.prefix(4)))
    } else if inet_pton(AF_INET6, text, &bytes) == 1 {
      self = .v6(bytes)
    } else {
      return nil
    }
  }

  var bytes: [UInt8] {
    switch self {
    case .v4(let bytes), .v6(let bytes): bytes
    }
  }

  /// Whether the loopback interface answers to it without being told.
  var isLoopback: Bool {
    switch self {
    case .v4(let bytes): bytes[0] == 127
    case .v6(let bytes): bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }
  }

  /// Whether it stands for every address of the machine, `0.0.0.0` or `::`.
  var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
}
