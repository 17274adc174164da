import RopewalkCore

/// The messages of a check: a marker that must not be logged, and a number.
struct CheckMessages {
  let marker: String
  private var next = 0

  init(marker: String) {
    self.marker = marker
  }

  /// JSON without a line break, padded to so many bytes where it is shorter.
  mutating func make(_ count: Int, size: Int = 0) -> [Message] {
    (0..<count).map { _ in
      next += 1
      let text = #"{"check":"\#(marker)","number":\#(next),"text":"#
      let padding = String(repeating: "x", count: max(0, size - text.utf8.count - 3))
      return Message(payload: Array("\(text)\"\(padding)\"}".utf8), contentType: "application/json")
    }
  }
}

extension CheckMessages {
  /// The payload that is sent again and again when a connector is measured.
  static func payload(size: Int) -> [UInt8] {
    var source = CheckMessages(marker: "bench")
    return source.make(1, size: size)[0].payload
  }
}
