/// Holds a value so that expectations can change it.
final class Held<Value> {
  private(set) var value: Value

  init(_ value: Value) {
    self.value = value
  }

  func with<Result>(_ change: (inout Value) -> Result) -> Result { change(&value) }
}
