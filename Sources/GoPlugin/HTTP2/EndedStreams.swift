/// The streams that the peer ended last.
///
/// A reset follows the end of its stream within a few frames, so a small number is enough, however many streams a
/// connection has in its life.
struct EndedStreams: Sendable {
  static let capacity = 256

  private var streams = [UInt32](repeating: 0, count: capacity)
  private var next = 0

  mutating func insert(_ stream: UInt32) {
    streams[next] = stream
    next = (next + 1) % Self.capacity
  }

  func contains(_ stream: UInt32) -> Bool { streams.contains(stream) }
}
