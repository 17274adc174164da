import RopewalkResources
import Synchronization

/// Objects that were read before, by their version: a version is one state of one object for ever, so lists that are asked
/// for again and again parse what has changed alone.
final class ReadObjects: Sendable {
  /// Bytes of stored objects; parsed they take some times as much.
  private static let maxBytes = 4 << 20

  private struct State {
    var objects: [Int64: Resource] = [:]
    var bytes = 0
  }

  private let state = Mutex(State())

  subscript(version: Int64) -> Resource? { state.withLock { $0.objects[version] } }

  func keep(_ object: Resource, version: Int64, bytes: Int) {
    state.withLock { state in
      // What is asked for often is soon there again.
      if state.bytes + bytes > Self.maxBytes { state = State() }
      guard bytes <= Self.maxBytes, state.objects.updateValue(object, forKey: version) == nil else { return }
      state.bytes += bytes
    }
  }
}
