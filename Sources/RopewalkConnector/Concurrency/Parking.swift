/// The place of the one task that writes a stream's frames, while there is nothing to write. It is held in the lock of
/// what there is to write.
struct Parking: ~Copyable {
  private var parked: CheckedContinuation<Void, Never>?

  /// Who is to be resumed, after the lock is released, because there is something to do.
  mutating func wake() -> CheckedContinuation<Void, Never>? { parked.take() }

  mutating func park(_ continuation: CheckedContinuation<Void, Never>) { parked = continuation }
}
