import RopewalkCore
import Synchronization

/// Compiled schemas by the text they were compiled from, for callers that bring their schema along with each value, as
/// a guest's `Validate` does. The least recently used goes when it is full.
package final class SchemaCache: Sendable {
  private let capacity: Int
  private let maxSchemaSize: Int
  private let state = Mutex(State())

  private struct State {
    var entries: [SchemaText: Entry] = [:]
    var clock: UInt64 = 0
  }

  /// Hashes its bytes at once, which arrays do one by one.
  private struct SchemaText: Hashable {
    let bytes: [UInt8]

    func hash(into hasher: inout Hasher) { bytes.withUnsafeBytes { hasher.combine(bytes: $0) } }
  }

  private struct Entry {
    var validator: SchemaValidator
    var lastUse: UInt64
  }

  /// - Parameters:
  ///   - capacity: schemas that are kept. Default 32.
  ///   - maxSchemaSize: bytes of one schema's text. Default 1 MiB.
  package init(capacity: Int = 32, maxSchemaSize: Int = 1 << 20) {
    self.capacity = capacity
    self.maxSchemaSize = maxSchemaSize
  }

  /// The compiled form of a schema.
  /// - Throws: ``FunctionError`` where the text is not JSON, too large, or no schema.
  package func validator(for schema: [UInt8]) throws(FunctionError) -> SchemaValidator {
    var allowance = WorkAllowance()
    return try validator(for: schema, within: &allowance)
  }

  private func validator(for schema: [UInt8], within allowance: inout WorkAllowance) throws(FunctionError) -> SchemaValidator {
    if let validator = lookup(schema) { return validator }
    guard schema.count <= maxSchemaSize else {
      throw FunctionError(.schemaLimit, "the schema of \(schema.count) bytes is larger than \(maxSchemaSize)")
    }
    let value: JSON
    do {
      value = try JSON.parse(schema)
    } catch {
      throw FunctionError(.schemaInvalid, "the schema is \(error)")
    }
    let validator = try SchemaValidator(schema: value, within: &allowance)
    insert(validator, for: schema)
    return validator
  }

  /// Checks JSON text against a schema's text.
  /// - Parameter allowance: for compiling the schema, where it is new, and for the validation together.
  /// - Throws: ``FunctionError`` as ``validator(for:)``, where the instance is not JSON, or where a limit is reached.
  package func validate(
    _ instance: [UInt8],
    against schema: [UInt8],
    within allowance: WorkAllowance = WorkAllowance()
  ) throws(FunctionError) -> [SchemaViolation] {
    var allowance = allowance
    let validator = try validator(for: schema, within: &allowance)
    return try validator.validate(try JSON.parseInput(instance), within: &allowance)
  }

  private func lookup(_ schema: [UInt8]) -> SchemaValidator? {
    state.withLock { state in
      guard let index = state.entries.index(forKey: SchemaText(bytes: schema)) else { return nil }
      state.clock += 1
      state.entries.values[index].lastUse = state.clock
      return state.entries.values[index].validator
    }
  }

  private func insert(_ validator: SchemaValidator, for schema: [UInt8]) {
    state.withLock { state in
      if state.entries.count >= capacity, let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
        state.entries[oldest.key] = nil
      }
      state.clock += 1
      state.entries[SchemaText(bytes: schema)] = Entry(validator: validator, lastUse: state.clock)
    }
  }
}
