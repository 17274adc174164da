import RopewalkCore
import RopewalkFunctions
import RopewalkPlugins
import Wasmtime

extension GuestState {
  /// `validate`: checks JSON against a schema; what is wrong is the result.
  func validate(_ memory: borrowing MemoryView, schema: GuestBytes, json: GuestBytes) throws -> Int32 {
    guard isGranted(.validate) else { return GuestStatus.denied.rawValue }
    guard Int(json.length) <= program.limits.maxOutputSize.bytes else { return GuestStatus.tooLarge.rawValue }
    let schemaBytes = try memory.bytes(at: schema.offset, count: schema.length)
    let instance = try memory.bytes(at: json.offset, count: json.length)
    do {
      let violations = try program.schemas.validate(instance, against: schemaBytes)
      return violations.isEmpty ? GuestStatus.ok.rawValue : answer(JSON.array(violations.map(\.json)).serialised())
    } catch {
      return answer(error: error.message)
    }
  }
}
