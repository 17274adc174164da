#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "ropewalk.h"

enum { WASI_BADF = 8, WASI_NOSYS = 52 };

struct guest {
  wasmtime_store_t *store;
  wasmtime_context_t *context;
  wasmtime_memory_t memory;
  wasmtime_func_t process;
  const struct text *script, *payload;
  struct text result, output;
  size_t output_capacity;
};

/* --- Host functions ------------------------------------------------------------------------------------------------ */

static struct guest *guest_of(wasmtime_caller_t *caller) { return wasmtime_context_get_data(wasmtime_caller_context(caller)); }

/* `length` bytes of the guest's memory, or NULL when it has them not. */
static uint8_t *slice(struct guest *guest, uint32_t offset, uint32_t length) {
  size_t size = wasmtime_memory_data_size(guest->context, &guest->memory);
  return (uint64_t)offset + length <= size ? wasmtime_memory_data(guest->context, &guest->memory) + offset : NULL;
}

static wasm_trap_t *outside(void) {
  static const char message[] = "outside the guest's memory";
  return wasmtime_trap_new(message, sizeof message - 1);
}

static wasm_trap_t *payload_read(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)env, (void)count;
  struct guest *guest = guest_of(caller);
  uint32_t offset = (uint32_t)values[1].i32, length = (uint32_t)values[2].i32;
  uint8_t *target = slice(guest, (uint32_t)values[0].i32, length);
  if (!target || (uint64_t)offset + length > guest->payload->length) return outside();
  memcpy(target, guest->payload->bytes + offset, length);
  values[0].i32 = RW_OK;
  return NULL;
}

static wasm_trap_t *output_write(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)env, (void)count;
  struct guest *guest = guest_of(caller);
  uint32_t length = (uint32_t)values[1].i32;
  uint8_t *source = slice(guest, (uint32_t)values[0].i32, length);
  if (!source) return outside();
  if (length > guest->output_capacity) {
    guest->output_capacity = length;
    guest->output.bytes = realloc(guest->output.bytes, length);
  }
  memcpy(guest->output.bytes, source, length);
  guest->output.length = length;
  values[0].i32 = RW_OK;
  return NULL;
}

static wasm_trap_t *field(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)env, (void)count;
  static struct text name = {(uint8_t *)"order.js", 8}, type = {(uint8_t *)"application/json", 16};
  struct guest *guest = guest_of(caller);
  switch (values[0].i32) {
    case RW_SCRIPT: guest->result = *guest->script; break;
    case RW_SCRIPT_NAME: guest->result = name; break;
    case RW_CONTENT_TYPE: guest->result = type; break;
    default: values[0].i32 = RW_NOT_FOUND; return NULL;
  }
  values[0].i32 = (int32_t)guest->result.length;
  return NULL;
}

static wasm_trap_t *result_read(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)env, (void)count;
  struct guest *guest = guest_of(caller);
  uint32_t capacity = (uint32_t)values[1].i32;
  uint32_t length = capacity < guest->result.length ? capacity : (uint32_t)guest->result.length;
  uint8_t *target = slice(guest, (uint32_t)values[0].i32, length);
  if (!target) return outside();
  memcpy(target, guest->result.bytes, length);
  values[0].i32 = (int32_t)guest->result.length;
  return NULL;
}

static wasm_trap_t *clock_time_get(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)env, (void)count;
  uint8_t *target = slice(guest_of(caller), (uint32_t)values[2].i32, 8);
  if (!target) return outside();
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  uint64_t nanoseconds = (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
  memcpy(target, &nanoseconds, 8);
  values[0].i32 = 0;
  return NULL;
}

static wasm_trap_t *random_get(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)env, (void)count;
  uint32_t length = (uint32_t)values[1].i32;
  uint8_t *target = slice(guest_of(caller), (uint32_t)values[0].i32, length);
  if (!target) return outside();
  values[0].i32 = getrandom(target, length, 0) == (ssize_t)length ? 0 : WASI_NOSYS;
  return NULL;
}

/* What the benchmark's script does not use. `env` is the answer. */
static wasm_trap_t *answer(void *env, wasmtime_caller_t *caller, wasmtime_val_raw_t *values, size_t count) {
  (void)caller, (void)count;
  values[0].i32 = (int32_t)(intptr_t)env;
  return NULL;
}

/* --- Linking ------------------------------------------------------------------------------------------------------- */

static const struct import {
  const char *module, *name;
  wasmtime_func_unchecked_callback_t function;
  intptr_t answer;
} imports[] = {
  {"ropewalk", "payload_read", payload_read, 0},
  {"ropewalk", "output_write", output_write, 0},
  {"ropewalk", "output_content_type", answer, RW_OK},
  {"ropewalk", "field", field, 0},
  {"ropewalk", "result_read", result_read, 0},
  {"ropewalk", "fail", answer, RW_OK},
  {"ropewalk", "log", answer, RW_DENIED},
  {"ropewalk", "transform", answer, RW_DENIED},
  {"ropewalk", "validate", answer, RW_DENIED},
  {"ropewalk", "http_call", answer, RW_DENIED},
  {"ropewalk", "client", answer, RW_DENIED},
  {"wasi_snapshot_preview1", "clock_time_get", clock_time_get, 0},
  {"wasi_snapshot_preview1", "random_get", random_get, 0},
  {"wasi_snapshot_preview1", "fd_close", answer, WASI_BADF},
  {"wasi_snapshot_preview1", "fd_fdstat_get", answer, WASI_BADF},
  {"wasi_snapshot_preview1", "fd_seek", answer, WASI_BADF},
  {"wasi_snapshot_preview1", "fd_write", answer, WASI_BADF},
};

static bool is_name(const wasm_name_t *name, const char *text) {
  return name->size == strlen(text) && memcmp(name->data, text, name->size) == 0;
}

static const struct import *import_of(const wasm_importtype_t *item) {
  for (size_t index = 0; index < sizeof imports / sizeof *imports; index++) {
    if (is_name(wasm_importtype_module(item), imports[index].module) && is_name(wasm_importtype_name(item), imports[index].name)) {
      return &imports[index];
    }
  }
  const wasm_name_t *name = wasm_importtype_name(item);
  char text[128];
  snprintf(text, sizeof text, "%.*s", (int)name->size, name->data);
  stop("the module imports what the floor does not have:", text);
}

wasmtime_instance_pre_t *guest_template_new(wasm_engine_t *engine, const wasmtime_module_t *module) {
  wasmtime_linker_t *linker = wasmtime_linker_new(engine);
  wasm_importtype_vec_t list;
  wasmtime_module_imports(module, &list);
  for (size_t index = 0; index < list.size; index++) {
    const struct import *import = import_of(list.data[index]);
    check(wasmtime_linker_define_func_unchecked(linker, import->module, strlen(import->module), import->name, strlen(import->name),
                                                wasm_externtype_as_functype_const(wasm_importtype_type(list.data[index])),
                                                import->function, (void *)import->answer, NULL),
          NULL);
  }
  wasm_importtype_vec_delete(&list);
  wasmtime_instance_pre_t *template = template_new(linker, module);
  wasmtime_linker_delete(linker);
  return template;
}

/* --- Lives ---------------------------------------------------------------------------------------------------------- */

static int32_t call(struct guest *guest, const wasmtime_func_t *function, const wasmtime_val_t *argument, bool has_result) {
  wasm_trap_t *trap = NULL;
  wasmtime_error_t *error = NULL;
  wasmtime_val_t result = {.kind = WASMTIME_I32};
  wasmtime_call_future_t *future = wasmtime_func_call_async(guest->context, function, argument, argument ? 1 : 0, &result,
                                                            has_result ? 1 : 0, &trap, &error);
  while (!wasmtime_call_future_poll(future)) continue;
  wasmtime_call_future_delete(future);
  check(error, trap);
  return result.of.i32;
}

/* Calls what not every guest has. */
static int32_t call_if_there(struct guest *guest, const wasmtime_instance_t *instance, const char *name, bool has_result) {
  wasmtime_extern_t item;
  if (!wasmtime_instance_export_get(guest->context, instance, name, strlen(name), &item)) return RW_OK;
  return call(guest, &item.of.func, NULL, has_result);
}

struct guest *guest_new(wasm_engine_t *engine, const wasmtime_instance_pre_t *template, const struct text *script) {
  struct guest *guest = calloc(1, sizeof *guest);
  guest->script = script;
  guest->store = store_new(engine, guest);
  guest->context = wasmtime_store_context(guest->store);
  wasmtime_instance_t instance;
  wasm_trap_t *trap = NULL;
  wasmtime_error_t *error = wasmtime_instance_pre_instantiate(template, guest->context, &instance, &trap);
  check(error, trap);
  wasmtime_extern_t memory;
  if (!wasmtime_instance_export_get(guest->context, &instance, "memory", 6, &memory)) stop("the module exports no memory", "");
  guest->memory = memory.of.memory;
  guest->process = function_named(guest->context, &instance, "ropewalk_process");
  call_if_there(guest, &instance, "_initialize", false);
  if (call_if_there(guest, &instance, "ropewalk_init", true) != RW_OK) stop("ropewalk_init failed", "");
  return guest;
}

void guest_delete(struct guest *guest) {
  wasmtime_store_delete(guest->store);
  free(guest->output.bytes);
  free(guest);
}

void guest_process(struct guest *guest, const struct text *payload) {
  guest->payload = payload;
  guest->output.length = 0;
  wasmtime_context_set_epoch_deadline(guest->context, 1 << 20);
  wasmtime_val_t length = {.kind = WASMTIME_I32, .of.i32 = (int32_t)payload->length};
  if (call(guest, &guest->process, &length, true) != RW_PASS) stop("ropewalk_process did not pass the message on", "");
}

size_t guest_output(const struct guest *guest, const uint8_t **bytes) {
  *bytes = guest->output.bytes;
  return guest->output.length;
}
