#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

wasm_engine_t *engine_new(void) {
  wasm_config_t *config = wasm_config_new();
  wasmtime_config_epoch_interruption_set(config, true);
  wasmtime_config_async_stack_size_set(config, 2 << 20);
  wasmtime_config_gc_support_set(config, false);
  wasmtime_config_concurrency_support_set(config, false);
  wasmtime_config_wasm_gc_set(config, false);
  wasmtime_config_wasm_function_references_set(config, false);
  wasmtime_config_wasm_exceptions_set(config, false);
  wasmtime_pooling_allocation_config_t *pool = wasmtime_pooling_allocation_config_new();
  wasmtime_pooling_allocation_config_total_core_instances_set(pool, 4096);
  wasmtime_pooling_allocation_config_total_memories_set(pool, 4096);
  wasmtime_pooling_allocation_config_total_tables_set(pool, 4096);
  wasmtime_pooling_allocation_config_total_stacks_set(pool, 4096);
  wasmtime_pooling_allocation_config_max_memory_size_set(pool, 1 << 30);
  wasmtime_pooling_allocation_strategy_set(config, pool);
  wasmtime_pooling_allocation_config_delete(pool);
  wasm_engine_t *engine = wasm_engine_new_with_config(config);
  if (!engine) stop("cannot make the engine", "");
  return engine;
}

static wasmtime_module_t *module_new(wasm_engine_t *engine, const uint8_t *bytes, size_t size) {
  wasmtime_module_t *module;
  check(wasmtime_module_new(engine, bytes, size, &module), NULL);
  return module;
}

wasmtime_module_t *module_from_file(wasm_engine_t *engine, const char *path) {
  struct text bytes = read_file(NULL, path);
  wasmtime_module_t *module = module_new(engine, bytes.bytes, bytes.length);
  free(bytes.bytes);
  return module;
}

wasmtime_module_t *module_from_text(wasm_engine_t *engine, const char *text) {
  wasm_byte_vec_t bytes;
  check(wasmtime_wat2wasm(text, strlen(text), &bytes), NULL);
  wasmtime_module_t *module = module_new(engine, (const uint8_t *)bytes.data, bytes.size);
  wasm_byte_vec_delete(&bytes);
  return module;
}

wasmtime_instance_pre_t *template_new(wasmtime_linker_t *linker, const wasmtime_module_t *module) {
  wasmtime_instance_pre_t *template;
  check(wasmtime_linker_instantiate_pre(linker, module, &template), NULL);
  return template;
}

static wasmtime_error_t *yield_at_deadline(wasmtime_context_t *context, void *state, uint64_t *delta, uint8_t *kind) {
  (void)context, (void)state;
  *delta = 1;
  *kind = WASMTIME_UPDATE_DEADLINE_YIELD;
  return NULL;
}

wasmtime_store_t *store_new(wasm_engine_t *engine, void *state) {
  wasmtime_store_t *store = wasmtime_store_new(engine, state, NULL);
  wasmtime_store_limiter(store, 64 << 20, 10000, 1, 1, 1);
  wasmtime_store_epoch_deadline_callback(store, yield_at_deadline, NULL, NULL);
  wasmtime_context_set_epoch_deadline(wasmtime_store_context(store), 1 << 20);
  return store;
}

wasmtime_func_t function_named(wasmtime_context_t *context, const wasmtime_instance_t *instance, const char *name) {
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(context, instance, name, strlen(name), &item) || item.kind != WASMTIME_EXTERN_FUNC) {
    stop("the module exports no function", name);
  }
  return item.of.func;
}

struct text read_file(const char *directory, const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s%s%s", directory ? directory : "", directory ? "/" : "", name);
  FILE *file = fopen(path, "rb");
  if (!file) stop("cannot open", path);
  fseek(file, 0, SEEK_END);
  struct text text = {NULL, (size_t)ftell(file)};
  rewind(file);
  text.bytes = malloc(text.length);
  if (fread(text.bytes, 1, text.length, file) != text.length) stop("cannot read", path);
  fclose(file);
  return text;
}

double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

long private_kibibytes(void) {
  FILE *file = fopen("/proc/self/smaps_rollup", "r");
  if (!file) return 0;
  char line[256];
  long total = 0, count;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "Private_Clean: %ld", &count) == 1 || sscanf(line, "Private_Dirty: %ld", &count) == 1) total += count;
  }
  fclose(file);
  return total;
}
