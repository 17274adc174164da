import RopewalkCore

/// What a message carries: its id, what it asks for, and in large ones a filler, all of which can be told from its beginning.
struct Payload: Sendable {
  /// One message in so many is large, at random.
  private static let onePerLarge = 50
  /// More than the 256 KiB that journals keep among their own rows, less than the 1 MiB that a webhook takes.
  private static let largeFiller = 300 << 10

  let id: String
  let fate: Fate
  /// Bytes that say nothing.
  private let filler: Int

  static func random(id: String, fate: Fate, using generator: inout SeededGenerator) -> Payload {
    Payload(id: id, fate: fate, filler: Int.random(in: 0..<onePerLarge, using: &generator) == 0 ? largeFiller : 0)
  }

  private init(id: String, fate: Fate, filler: Int) {
    self.id = id
    self.fate = fate
    self.filler = filler
  }

  /// What a sender made, to the last byte; nil for everything else.
  init?(_ bytes: [UInt8]) {
    guard let json = try? JSON.parse(bytes), let id = json["id"]?.string, let fate = json["fate"]?.string.flatMap(Fate.init),
      let filler = json["size"]?.int, (0...Self.largeFiller).contains(filler)
    else { return nil }
    self.init(id: id, fate: fate, filler: filler)
    guard self.bytes == bytes else { return nil }
  }

  /// Whether journals keep it beside themselves.
  var isLarge: Bool { filler > 0 }

  var bytes: [UInt8] {
    // Each byte's neighbours and, id for id, its place are others, so that pieces which were exchanged show.
    let start = id.utf8.reduce(0) { $0 + Int($1) }
    let text = (start..<start + filler).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    return switch fate {
    // The step reads JSON, and this is none.
    case .fail: Array("\(id) fail, not JSON ".utf8) + text
    case .deliver, .filter, .refuse:
      Array(#"{"id":"\#(id)","fate":"\#(fate.rawValue)","size":\#(filler),"filler":""#.utf8) + text + Array(#""}"#.utf8)
    }
  }
}
