#include "CWasmtime.h"

#include <assert.h>

/* The library comes without headers, so what its ABI looks like is written down here and held to. */
static_assert(sizeof(wasmtime_func_t) == 16, "wasmtime_func_t");
static_assert(sizeof(wasmtime_instance_t) == 16, "wasmtime_instance_t");
static_assert(sizeof(wasmtime_memory_t) == 24, "wasmtime_memory_t");
static_assert(sizeof(wasmtime_extern_t) == 32, "wasmtime_extern_t");
static_assert(sizeof(wasmtime_val_raw_t) == 16, "wasmtime_val_raw_t");
static_assert(sizeof(wasmtime_val_t) == 32, "wasmtime_val_t");
