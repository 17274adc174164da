extension EngineConfiguration {
  static let noAddresses = WasmtimeError(
    .engine,
    "the engine cannot reserve its pool: allow the process more address space (ulimit -v), or lower maxMemories or memoryReservation"
  )

  static let noMappings = WasmtimeError(
    .engine,
    "the process may not make the memory mappings that the pool needs: raise vm.max_map_count (sysctl), or lower maxStacks"
  )

  /// Throws for numbers that Wasmtime answers with an abort. `mappingLimit` is how many memory mappings the process may have;
  /// nil where the system does not say.
  package func check(mappingLimit: Int? = Self.mappingLimit) throws(WasmtimeError) {
    guard maxMemorySize >= 0, UInt64(maxMemorySize) <= memoryReservation else {
      throw WasmtimeError(.engine, "maxMemorySize must not be negative and at most memoryReservation")
    }
    guard maxWasmStack > 0, maxWasmStack < asyncStackSize else {
      throw WasmtimeError(.engine, "maxWasmStack must be positive and less than asyncStackSize")
    }
    guard maxTableElements >= 0, maxInstanceSize > 0, asyncStackKeepResident >= 0, memoryKeepResident >= 0, tableKeepResident >= 0
    else {
      throw WasmtimeError(.engine, "sizes must not be negative")
    }
    guard fitsAddressSpace else { throw Self.noAddresses }
    guard fitsMappings(within: mappingLimit) else { throw Self.noMappings }
  }
}
