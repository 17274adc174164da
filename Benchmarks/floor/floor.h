/* What the floor's parts know of one another. */
#ifndef FLOOR_H
#define FLOOR_H

#include "CWasmtime.h"

struct text {
  uint8_t *bytes;
  size_t length;
};

/* wasm-floor.c */
_Noreturn void stop(const char *message, const char *detail);
void check(wasmtime_error_t *error, wasm_trap_t *trap);

/* machine.c: an engine as the Swift library configures it, and the clock. */
wasm_engine_t *engine_new(void);
wasmtime_module_t *module_from_file(wasm_engine_t *engine, const char *path);
wasmtime_module_t *module_from_text(wasm_engine_t *engine, const char *text);
wasmtime_instance_pre_t *template_new(wasmtime_linker_t *linker, const wasmtime_module_t *module);
wasmtime_store_t *store_new(wasm_engine_t *engine, void *state);
wasmtime_func_t function_named(wasmtime_context_t *context, const wasmtime_instance_t *instance, const char *name);
struct text read_file(const char *directory, const char *name);
double now(void);
long private_kibibytes(void);

/* guest.c: a guest of Guests/include/ropewalk.h, with host functions that do the least that is right. */
struct guest;
wasmtime_instance_pre_t *guest_template_new(wasm_engine_t *engine, const wasmtime_module_t *module);
struct guest *guest_new(wasm_engine_t *engine, const wasmtime_instance_pre_t *template, const struct text *script);
void guest_delete(struct guest *guest);
/* Sends one message through; its output lies in the guest until the next. */
void guest_process(struct guest *guest, const struct text *payload);
size_t guest_output(const struct guest *guest, const uint8_t **bytes);

#endif
