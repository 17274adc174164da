import RopewalkCore
import Synchronization

/// Collects elements while one task works on those that came before, so that one call deals with many.
final class BatchQueue<Element: Sendable>: Sendable {
  private struct State {
    var elements: [Element] = []
    var parked: CheckedContinuation<Void, Never>?
    var isFinished = false
    /// From the first element until none is left. One who sleeps meanwhile counts as one worker, whatever else comes in.
    var isWorking = false
  }

  private let state = Mutex(State())
  private let maxBatch: Int
  private let stopwatch: Stopwatch

  init(maxBatch: Int, stopwatch: Stopwatch) {
    self.maxBatch = maxBatch
    self.stopwatch = stopwatch
  }

  /// Whether everything that came was dealt with.
  var isIdle: Bool { state.withLock { !$0.isWorking } }

  func append(_ element: Element) {
    append(contentsOf: CollectionOfOne(element))
  }

  func append(contentsOf elements: some Collection<Element>) {
    let parked = state.withLock { state in
      if !state.isWorking, !elements.isEmpty {
        state.isWorking = true
        stopwatch.beginWork()
      }
      state.elements.append(contentsOf: elements)
      return state.parked.take()
    }
    parked?.resume()
  }

  /// Nothing is appended any more; ``run(_:)`` ends once it has dealt with everything.
  func finish() {
    let parked = state.withLock { state in
      state.isFinished = true
      return state.parked.take()
    }
    parked?.resume()
  }

  /// Calls `body` with everything in order, at most `maxBatch` at a time, until ``finish()``.
  func run(_ body: (ArraySlice<Element>) async -> Void) async {
    while let elements = await nextElements() {
      var rest = elements[...]
      while !rest.isEmpty {
        await body(rest.prefix(maxBatch))
        rest = rest.dropFirst(maxBatch)
      }
    }
  }

  private func nextElements() async -> [Element]? {
    while true {
      let (elements, isFinished) = state.withLock { state in
        if state.elements.isEmpty, state.isWorking {
          state.isWorking = false
          stopwatch.endWork()
        }
        defer { state.elements = [] }
        return (state.elements, state.isFinished)
      }
      if !elements.isEmpty { return elements }
      if isFinished { return nil }
      await withCheckedContinuation { continuation in
        let goesOn = state.withLock { state in
          if state.isFinished || !state.elements.isEmpty { return true }
          state.parked = continuation
          return false
        }
        if goesOn { continuation.resume() }
      }
    }
  }
}
