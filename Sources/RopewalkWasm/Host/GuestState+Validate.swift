import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins
import Wasmtime

extension GuestState {
  /// `validate`: checks JSON against a JSON Schema; what is wrong with it is the result.
  func validate(_ memory: borrowing MemoryView, schema: GuestBytes, json: GuestBytes) throws -> Int32 {
    guard isGranted(.validate) else { return GuestStatus.denied.rawValue }
    let limit = program.limits.maxOutputSize.bytes
    guard Int(schema.length) <= limit, Int(json.length) <= limit else { return GuestStatus.tooLarge.rawValue }
    let schemaBytes = try memory.bytes(at: schema.offset, count: schema.length)
    let instance = try memory.bytes(at: json.offset, count: json.length)
    do throws(FunctionError) {
      let violations = try program.schemas.validate(instance, against: schemaBytes, within: allowance)
      if violations.isEmpty { return GuestStatus.ok.rawValue }
      return answer(JSON.array(violations.map(\.json)).serialised())
    } catch {
      if error.code == .functionTimeout { throw GuestTimeUp() }
      return answer(error: error.description)
    }
  }
}
