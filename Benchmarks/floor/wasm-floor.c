/* The floor: what the benchmarks' WebAssembly calls cost a C program that makes the same calls of Wasmtime and nothing
 * else. Ropewalk's own figures are held against these.
 *
 *   wasm-floor [--once] [--engine javascript.wasm] [--filters DIRECTORY] [--inputs DIRECTORY]
 *
 * Each figure is a line of JSON: {"name": …, "unit": …, "value": …, "iterations": …}. The value is the best of five rounds.
 * With --once each is done once, to see that it works. Built by Benchmarks/floor/build.
 */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5, LIVE_GUESTS = 500, MANY_CUSTOMERS = 1000 };

static bool once;

_Noreturn void stop(const char *message, const char *detail) {
  fprintf(stderr, "wasm-floor: %s %s\n", message, detail);
  exit(1);
}

void check(wasmtime_error_t *error, wasm_trap_t *trap) {
  if (!error && !trap) return;
  wasm_name_t message;
  if (error) wasmtime_error_message(error, &message);
  else wasm_trap_message(trap, &message);
  stop("Wasmtime failed:", message.data);
}

static void report(const char *name, const char *unit, double value, long iterations) {
  printf("{\"name\": \"%s\", \"unit\": \"%s\", \"value\": %.1f, \"iterations\": %ld}\n", name, unit, value, iterations);
  fflush(stdout);
}

/* `body` does its work `iterations` times and answers the nanoseconds that count. */
static void measure(const char *name, long iterations, double (*body)(void *, long), void *subject) {
  double best = 0;
  if (once) iterations = 1;
  for (int round = 0; round < (once ? 1 : ROUNDS); round++) {
    double time = body(subject, iterations) / (double)iterations;
    if (round == 0 || time < best) best = time;
  }
  report(name, "ns", best, iterations);
}

/* --- An empty function ---------------------------------------------------------------------------------------------- */

static const char empty_module[] =
  "(module (memory (export \"memory\") 1) (func (export \"f\") (param i32) (result i32) (local.get 0)))";

struct empty {
  wasm_engine_t *engine;
  wasmtime_instance_pre_t *template;
  wasmtime_store_t *store;
  wasmtime_context_t *context;
  wasmtime_func_t function;
};

static wasmtime_instance_t instantiate(const wasmtime_instance_pre_t *template, wasmtime_context_t *context) {
  wasmtime_instance_t instance;
  wasm_trap_t *trap = NULL;
  wasmtime_error_t *error = wasmtime_instance_pre_instantiate(template, context, &instance, &trap);
  check(error, trap);
  return instance;
}

static double call_sync(void *subject, long iterations) {
  struct empty *empty = subject;
  double start = now();
  for (long index = 0; index < iterations; index++) {
    wasmtime_val_raw_t value = {.i32 = (int32_t)index};
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = wasmtime_func_call_unchecked(empty->context, &empty->function, &value, 1, &trap);
    if (error || trap || value.i32 != (int32_t)index) check(error, trap);
  }
  return now() - start;
}

static double call_async(void *subject, long iterations) {
  struct empty *empty = subject;
  double start = now();
  for (long index = 0; index < iterations; index++) {
    wasmtime_val_t argument = {.kind = WASMTIME_I32, .of.i32 = (int32_t)index}, result;
    wasm_trap_t *trap = NULL;
    wasmtime_error_t *error = NULL;
    wasmtime_call_future_t *future =
      wasmtime_func_call_async(empty->context, &empty->function, &argument, 1, &result, 1, &trap, &error);
    while (!wasmtime_call_future_poll(future)) continue;
    wasmtime_call_future_delete(future);
    check(error, trap);
  }
  return now() - start;
}

static double instantiate_and_drop(void *subject, long iterations) {
  struct empty *empty = subject;
  double start = now();
  for (long index = 0; index < iterations; index++) {
    wasmtime_store_t *store = store_new(empty->engine, NULL);
    instantiate(empty->template, wasmtime_store_context(store));
    wasmtime_store_delete(store);
  }
  return now() - start;
}

static void measure_empty(wasm_engine_t *engine) {
  wasmtime_linker_t *linker = wasmtime_linker_new(engine);
  struct empty empty = {.engine = engine, .template = template_new(linker, module_from_text(engine, empty_module))};
  empty.store = store_new(engine, NULL);
  empty.context = wasmtime_store_context(empty.store);
  wasmtime_instance_t instance = instantiate(empty.template, empty.context);
  empty.function = function_named(empty.context, &instance, "f");
  measure("empty-sync-call", 2000000, call_sync, &empty);
  measure("empty-async-call", 500000, call_async, &empty);
  measure("instantiate-and-drop", 50000, instantiate_and_drop, &empty);
}

/* --- JavaScript ----------------------------------------------------------------------------------------------------- */

struct script {
  wasm_engine_t *engine;
  wasmtime_instance_pre_t *template;
  struct text source, payload;
  struct guest *guest;
  struct guest *many[MANY_CUSTOMERS];
};

static double process(void *subject, long iterations) {
  struct script *script = subject;
  double start = now();
  for (long index = 0; index < iterations; index++) guest_process(script->guest, &script->payload);
  return now() - start;
}

/* Instance, engine start, script, message. New customers stay, as they do in Ropewalk: all guests of a round live at
 * once, and dropping them is not counted. */
static double first_message(void *subject, long iterations) {
  static struct guest *guests[LIVE_GUESTS];
  struct script *script = subject;
  double start = now();
  for (long index = 0; index < iterations; index++) {
    guests[index] = guest_new(script->engine, script->template, &script->source);
    guest_process(guests[index], &script->payload);
  }
  double time = now() - start;
  for (long index = 0; index < iterations; index++) guest_delete(guests[index]);
  return time;
}

/* A message for each of many guests in turn, as many customers have it: none of them finds its memory in the cache. */
static double process_in_turn(void *subject, long iterations) {
  struct script *script = subject;
  double start = now();
  for (long index = 0; index < iterations; index++) guest_process(script->many[index % MANY_CUSTOMERS], &script->payload);
  return now() - start;
}

static void measure_many_customers(struct script *script) {
  int count = once ? 1 : MANY_CUSTOMERS;
  for (int index = 0; index < count; index++) {
    script->many[index] = guest_new(script->engine, script->template, &script->source);
    guest_process(script->many[index], &script->payload);
  }
  measure("javascript-small-message-1000-customers", 5 * MANY_CUSTOMERS, process_in_turn, script);
  for (int index = 0; index < count; index++) guest_delete(script->many[index]);
}

static void measure_memory(struct script *script) {
  static struct guest *guests[LIVE_GUESTS];
  int count = once ? 1 : LIVE_GUESTS;
  long before = private_kibibytes();
  for (int index = 0; index < count; index++) {
    guests[index] = guest_new(script->engine, script->template, &script->source);
    guest_process(guests[index], &script->payload);
  }
  report("javascript-guest-memory", "KiB", (double)(private_kibibytes() - before) / count, count);
  for (int index = 0; index < count; index++) guest_delete(guests[index]);
}

static void measure_javascript(wasm_engine_t *engine, const char *path, const char *inputs) {
  struct script script = {.engine = engine, .source = read_file(inputs, "order.js")};
  script.template = guest_template_new(engine, module_from_file(engine, path));
  script.payload = read_file(inputs, "order-small.json");
  measure("javascript-first-message", LIVE_GUESTS, first_message, &script);
  measure_memory(&script);
  script.guest = guest_new(engine, script.template, &script.source);
  measure("javascript-small-message", 20000, process, &script);
  measure_many_customers(&script);
  script.payload = read_file(inputs, "order-large.json");
  measure("javascript-large-message", 5000, process, &script);
  const uint8_t *output;
  size_t length = guest_output(script.guest, &output);
  report("javascript-large-output", "bytes", (double)length, 1);
}

/* --- Compiled filters ------------------------------------------------------------------------------------------------ */

static void measure_filter(wasm_engine_t *engine, const char *directory, const char *language, const char *inputs) {
  char path[4096], name[64];
  snprintf(path, sizeof path, "%s/%s.wasm", directory, language);
  struct script filter = {.engine = engine};
  filter.template = guest_template_new(engine, module_from_file(engine, path));
  filter.guest = guest_new(engine, filter.template, &filter.source);
  filter.payload = read_file(inputs, "order-large.json");
  snprintf(name, sizeof name, "%s-filter-1KB-of-lines", language);
  measure(name, 50000, process, &filter);
  filter.payload = read_file(inputs, "order-text.json");
  snprintf(name, sizeof name, "%s-filter-1KB-of-text", language);
  measure(name, 50000, process, &filter);
}

int main(int count, char **arguments) {
  const char *path = NULL, *filters = NULL, *inputs = "Benchmarks/inputs";
  for (int index = 1; index < count; index++) {
    if (strcmp(arguments[index], "--once") == 0) once = true;
    else if (strcmp(arguments[index], "--engine") == 0 && index + 1 < count) path = arguments[++index];
    else if (strcmp(arguments[index], "--filters") == 0 && index + 1 < count) filters = arguments[++index];
    else if (strcmp(arguments[index], "--inputs") == 0 && index + 1 < count) inputs = arguments[++index];
    else stop("usage: wasm-floor [--once] [--engine javascript.wasm] [--filters DIRECTORY] [--inputs DIRECTORY]; not", arguments[index]);
  }
  wasm_engine_t *engine = engine_new();
  measure_empty(engine);
  if (path) measure_javascript(engine, path, inputs);
  static const char *const languages[] = {"c", "rust", "swift"};
  for (size_t index = 0; filters && index < sizeof languages / sizeof *languages; index++) {
    measure_filter(engine, filters, languages[index], inputs);
  }
  return 0;
}
