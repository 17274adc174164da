import CWasmtime

extension EngineConfiguration {
  /// A new C configuration that says the same; `wasm_engine_new_with_config` takes it over.
  func makeConfig() -> OpaquePointer {
    let config = wasm_config_new()!
    wasmtime_config_epoch_interruption_set(config, true)
    wasmtime_config_memory_init_cow_set(config, true)
    wasmtime_config_memory_reservation_set(config, memoryReservation)
    wasmtime_config_memory_guard_size_set(config, memoryGuardSize)
    wasmtime_config_max_wasm_stack_set(config, maxWasmStack)
    wasmtime_config_async_stack_size_set(config, asyncStackSize)
    wasmtime_config_concurrency_support_set(config, false)
    Self.setFeatures(config)
    setPool(config)
    return config
  }

  /// The language of WebAssembly 2.0 without what our guests cannot use: each feature left out is code that a hostile
  /// module cannot reach. Reference types other than funcref would also abort the process where their kind is asked.
  private static func setFeatures(_ config: OpaquePointer) {
    wasmtime_config_wasm_reference_types_set(config, true)
    wasmtime_config_wasm_bulk_memory_set(config, true)
    wasmtime_config_wasm_multi_value_set(config, true)
    wasmtime_config_wasm_simd_set(config, true)
    wasmtime_config_wasm_relaxed_simd_set(config, true)
    wasmtime_config_wasm_tail_call_set(config, true)
    wasmtime_config_gc_support_set(config, false)
    wasmtime_config_shared_memory_set(config, false)
    wasmtime_config_wasm_threads_set(config, false)
    wasmtime_config_wasm_gc_set(config, false)
    wasmtime_config_wasm_function_references_set(config, false)
    wasmtime_config_wasm_exceptions_set(config, false)
    wasmtime_config_wasm_stack_switching_set(config, false)
    wasmtime_config_wasm_custom_page_sizes_set(config, false)
    wasmtime_config_wasm_multi_memory_set(config, false)
    wasmtime_config_wasm_memory64_set(config, false)
  }

  private func setPool(_ config: OpaquePointer) {
    let pool = wasmtime_pooling_allocation_config_new()!
    defer { wasmtime_pooling_allocation_config_delete(pool) }
    wasmtime_pooling_allocation_config_total_core_instances_set(pool, maxInstances)
    wasmtime_pooling_allocation_config_total_memories_set(pool, maxMemories)
    wasmtime_pooling_allocation_config_total_tables_set(pool, maxTables)
    wasmtime_pooling_allocation_config_total_stacks_set(pool, maxStacks)
    wasmtime_pooling_allocation_config_max_core_instance_size_set(pool, maxInstanceSize)
    wasmtime_pooling_allocation_config_max_memory_size_set(pool, (maxMemorySize + 65_535) / 65_536 * 65_536)
    wasmtime_pooling_allocation_config_table_elements_set(pool, maxTableElements)
    wasmtime_pooling_allocation_config_max_unused_warm_slots_set(pool, maxUnusedWarmSlots)
    wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(pool, memoryKeepResident)
    wasmtime_pooling_allocation_config_table_keep_resident_set(pool, tableKeepResident)
    wasmtime_pooling_allocation_config_async_stack_keep_resident_set(pool, asyncStackKeepResident)
    wasmtime_pooling_allocation_strategy_set(config, pool)
  }
}
