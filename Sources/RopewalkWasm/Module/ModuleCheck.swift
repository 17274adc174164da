import RopewalkCore
import RopewalkPlugins

/// Whether a module can be a step's logic or a controller, and if not, everything that is against it.
struct ModuleCheck {
  /// What the user called the module.
  let name: String
  let role: GuestRole
  /// What the memory may have from the start.
  let initialMemory: ByteCount
  /// Nil for a language engine, which imports everything and asks at run time.
  let granted: Set<Capability>?
  let mark: SourceMark?
  let field: String

  static let remedyForImport = "import what ropewalk.h declares, as it does; docs/guest-abi.md lists it"
  static let remedyForBuild =
    "a guest exports it with ropewalk.h or its SDK, in Rust with ropewalk::export!; then build it with 'ropewalk plugin build'"

  /// - Throws: ``DiagnosticsError`` with all that is wrong at once.
  func run(_ bytes: [UInt8]) throws(DiagnosticsError) {
    let outline: ModuleOutline
    do {
      outline = try ModuleReader.outline(of: bytes)
    } catch {
      throw DiagnosticsError([diagnostic(error)])
    }
    let problems = exportProblems(outline) + importProblems(outline) + memoryProblems(outline) + startProblems(outline)
    guard problems.isEmpty else { throw DiagnosticsError(problems) }
  }

  private func diagnostic(_ refusal: ModuleReader.Refusal) -> Diagnostic {
    switch refusal {
    case .notWASM: problem("'\(name)' is not a WASM module", "name a .wasm file, or a .ts or .js file")
    case .text: problem("'\(name)' is WebAssembly text, not a binary module", "translate it with wat2wasm")
    case .component:
      problem(
        "'\(name)' is a WASM component; steps are core modules",
        "build for wasm32-unknown-unknown or wasm32-wasip1, without a component adapter"
      )
    case .unknownVersion(let version): problem("'\(name)' is a WASM module of unknown version \(version)", Self.remedyForBuild)
    case .truncated(let offset):
      problem("'\(name)' is truncated: it ends at byte \(offset), before all of it is there", "copy or build it again")
    case .malformed(let offset, let what): problem("'\(name)' is not a valid WASM module: \(what) at byte \(offset)", "build it again")
    }
  }

  private func exportProblems(_ outline: ModuleOutline) -> [Diagnostic] {
    guard outline.export("ropewalk_abi_v1") != nil else {
      let versions = outline.exports.map(\.name).filter { $0.hasPrefix("ropewalk_abi_") }
      if let other = versions.first {
        return [problem("'\(name)' was built for another ABI ('\(other)'); this Ropewalk has ropewalk_abi_v1", Self.remedyForBuild)]
      }
      if outline.export("_start") != nil {
        return [problem("'\(name)' is a program with '_start', not a step", "build it as a reactor that exports ropewalk_process")]
      }
      return [problem("'\(name)' does not export 'ropewalk_abi_v1', so it was not built for Ropewalk", Self.remedyForBuild)]
    }
    let process = ModuleOutline.FunctionType(parameters: [.i32], results: [.i32])
    let own =
      switch role {
      case .step: [functionProblem(outline, "ropewalk_process", process, isRequired: true)]
      case .controller: ControllerCall.allCases.map { functionProblem(outline, $0.rawValue, process, isRequired: $0 == .metadata) }
      }
    return
      (own + [
        functionProblem(outline, "ropewalk_init", ModuleOutline.FunctionType(parameters: [], results: [.i32]), isRequired: false),
        functionProblem(outline, "_initialize", ModuleOutline.FunctionType(parameters: [], results: []), isRequired: false),
        memoryExportProblem(outline),
      ]).compactMap(\.self)
  }

  private func functionProblem(
    _ outline: ModuleOutline,
    _ export: String,
    _ expected: ModuleOutline.FunctionType,
    isRequired: Bool
  ) -> Diagnostic? {
    switch outline.export(export) {
    case nil: isRequired ? problem("'\(name)' does not export the function '\(export)'", Self.remedyForBuild) : nil
    case .function(let type?) where type != expected: problem("'\(name)' exports '\(export)' as \(type); it must be \(expected)", "")
    case .function: nil
    case let other?: problem("'\(name)' exports '\(export)' as a \(other.word); it must be a function", "")
    }
  }

  private func memoryExportProblem(_ outline: ModuleOutline) -> Diagnostic? {
    if case .memory = outline.export("memory") { return nil }
    return problem("'\(name)' does not export its memory as 'memory'", Self.remedyForBuild)
  }

  private func importProblems(_ outline: ModuleOutline) -> [Diagnostic] {
    outline.imports.compactMap { entry in
      let called = "'\(entry.module).\(entry.name)'"
      guard case .function(let type) = entry.entity else {
        return problem("'\(name)' imports the \(entry.entity.word) \(called); only functions can be imported", "")
      }
      if entry.module == WASIFunction.module { return wasiImportProblem(entry.name, type) }
      guard entry.module == HostFunction.module else {
        return problem(
          "'\(name)' imports \(called), which is unknown",
          "a step can import from '\(HostFunction.module)' and '\(WASIFunction.module)' only"
        )
      }
      return hostImportProblem(entry.name, type)
    }
  }

  private func hostImportProblem(_ imported: String, _ type: ModuleOutline.FunctionType?) -> Diagnostic? {
    guard let function = HostFunction(rawValue: imported) else {
      let near = nearestWord(to: imported, among: HostFunction.allCases.map(\.rawValue))
      return problem(
        "'\(name)' imports 'ropewalk.\(imported)', which is unknown",
        near.map { "did you mean '\($0)'?" } ?? Self.remedyForImport
      )
    }
    if function == .client, case .step = role, granted != nil {
      return problem("'\(name)' imports 'ropewalk.client', which only controllers have", "a step has no access to objects")
    }
    if let granted, let capability = function.capability, !granted.contains(capability) {
      return problem(
        "'\(name)' imports 'ropewalk.\(imported)', and the step is not granted '\(capability.rawValue)'",
        "add '\(capability.rawValue)' to the step's capabilities, or use a module that does without"
      )
    }
    guard type != function.type else { return nil }
    let declared = type.map { "as \($0)" } ?? "with an unknown type"
    return problem("'\(name)' imports 'ropewalk.\(imported)' \(declared); it is \(function.type)", Self.remedyForImport)
  }

  /// Functions of WASI that do nothing here may have any type.
  private func wasiImportProblem(_ imported: String, _ type: ModuleOutline.FunctionType?) -> Diagnostic? {
    guard let function = WASIFunction(rawValue: imported), type != function.type else { return nil }
    let declared = type.map { "as \($0)" } ?? "with an unknown type"
    return problem("'\(name)' imports '\(WASIFunction.module).\(imported)' \(declared); it is \(function.type)", Self.remedyForImport)
  }

  private func memoryProblems(_ outline: ModuleOutline) -> [Diagnostic] {
    guard outline.memories.count < 2 else { return [problem("'\(name)' has \(outline.memories.count) memories; a step has one", "")] }
    return outline.memories.compactMap { memory in
      if memory.isShared || memory.is64Bit || memory.hasCustomPageSize {
        return problem("'\(name)' has a memory that is shared, 64-bit or of unusual page size", "build it for wasm32 without threads")
      }
      let (bytes, overflow) = memory.minimumPages.multipliedReportingOverflow(by: UInt64(ModuleOutline.MemoryType.pageSize))
      guard overflow || bytes > UInt64(initialMemory.bytes) else { return nil }
      let mostMemory = WasmLimits().memoryLimit
      return problem(
        "'\(name)' declares \(ByteCount(Int(clamping: bytes))) of memory from the start; \(memoryWords)",
        bytes > UInt64(mostMemory.bytes)
          ? "build the module with a smaller initial memory: no step has more than \(mostMemory)"
          : "raise that limit, or build the module with a smaller initial memory"
      )
    }
  }

  private var memoryWords: String {
    switch role {
    case .step: "the step's memoryLimit is \(initialMemory)"
    case .controller: "the controller's memory_pages allow \(initialMemory)"
    }
  }

  private func startProblems(_ outline: ModuleOutline) -> [Diagnostic] {
    outline.hasStartFunction
      ? [
        problem(
          "'\(name)' has a start function, which would run before any limit is in force",
          "do that work in '_initialize' or 'ropewalk_init'"
        )
      ]
      : []
  }

  private func problem(_ message: String, _ remedy: String) -> Diagnostic {
    Diagnostic(at: mark, field: field, message, remedy: remedy)
  }
}
