#include "engine.h"
#include <stdlib.h>

/* Less than the linker gives the stack, so that deep recursion ends as a RangeError. The same recursion takes up to 2.2
 * times as much of the host's stack, of which a host gives at least 2 MiB. */
#define SCRIPT_STACK_SIZE (896 * 1024)

bool memory_exhausted;
volatile uint8_t stop_asked;

static JSRuntime *runtime;
static JSContext *js;
static JSValue process_function;
static JSValue process_context;
static JSValue unhandled_promise; /* a rejected promise that nobody listens to, or undefined */
static JSValue unhandled_reason;

static void *allocate_zeroed(void *opaque, size_t count, size_t size) {
  (void)opaque;
  void *block = calloc(count, size);
  if (!block) memory_exhausted = true;
  return block;
}

static void *allocate(void *opaque, size_t size) {
  (void)opaque;
  void *block = malloc(size);
  if (!block) memory_exhausted = true;
  return block;
}

static void release(void *opaque, void *block) {
  (void)opaque;
  free(block);
}

static void *reallocate(void *opaque, void *block, size_t size) {
  (void)opaque;
  void *moved = realloc(block, size);
  if (!moved && size > 0) memory_exhausted = true;
  return moved;
}

size_t malloc_usable_size(void *block);

static size_t allocated_size(const void *block) { return malloc_usable_size((void *)block); }

static const JSMallocFunctions allocator = {allocate_zeroed, allocate, release, reallocate, allocated_size};

static void clear_unhandled(void) {
  JS_FreeValue(js, unhandled_promise);
  JS_FreeValue(js, unhandled_reason);
  unhandled_promise = unhandled_reason = JS_UNDEFINED;
}

static void promise_rejected(JSContext *context, JSValueConst promise, JSValueConst reason, bool is_handled, void *opaque) {
  (void)opaque;
  if (is_handled) {
    if (JS_IsStrictEqual(context, promise, unhandled_promise)) clear_unhandled();
  } else if (JS_IsUndefined(unhandled_promise)) {
    unhandled_promise = JS_DupValue(context, promise);
    unhandled_reason = JS_DupValue(context, reason);
  }
}

static int is_stopped(JSRuntime *runtime, void *opaque) {
  (void)runtime;
  (void)opaque;
  return stop_asked;
}

/* Everything of the language but `performance`; no timers, no modules, no files. */
static JSContext *create_context(void) {
  JSContext *created = JS_NewContextRaw(runtime);
  if (!created) return NULL;
  bool failed = JS_AddIntrinsicBaseObjects(created) || JS_AddIntrinsicDate(created) || JS_AddIntrinsicEval(created) ||
                JS_AddIntrinsicRegExp(created) || JS_AddIntrinsicJSON(created) || JS_AddIntrinsicProxy(created) ||
                JS_AddIntrinsicMapSet(created) || JS_AddIntrinsicTypedArrays(created) || JS_AddIntrinsicPromise(created) ||
                JS_AddIntrinsicWeakRef(created) || JS_AddIntrinsicAToB(created);
  return failed ? NULL : created;
}

static int32_t start(void) {
  process_function = process_context = unhandled_promise = unhandled_reason = JS_UNDEFINED;
  runtime = JS_NewRuntime2(&allocator, NULL);
  if (!runtime) return RW_FAIL;
  JS_SetMaxStackSize(runtime, SCRIPT_STACK_SIZE);
  JS_SetInterruptHandler(runtime, is_stopped, NULL);
  JS_SetHostPromiseRejectionTracker(runtime, promise_rejected, NULL);
  js = create_context();
  if (!js) return RW_FAIL;
  JSValue global = JS_GetGlobalObject(js);
  bool defined = host_define(js, global) >= 0 && random_define(js, global) >= 0;
  JS_FreeValue(js, global);
  process_context = context_create(js);
  return defined && !JS_IsException(process_context) ? RW_OK : RW_FAIL;
}

/* The field as a string for C, to be freed by the caller; NULL when there is none or no memory for it. */
static char *field_string(uint32_t field, uint32_t *length) {
  int32_t size = rw_field(field, NULL, 0);
  if (size < 0) return NULL;
  char *text = allocate(NULL, (size_t)size + 1);
  if (!text) return NULL;
  rw_result_read(text, (uint32_t)size);
  text[size] = 0;
  *length = (uint32_t)size;
  return text;
}

static JSValue evaluate_script(void) {
  uint32_t name_length, length;
  char *name = field_string(RW_SCRIPT_NAME, &name_length);
  char *script = field_string(RW_SCRIPT, &length);
  JSValue value;
  if (script) {
    value = JS_Eval(js, script, length, name ? name : "script", JS_EVAL_TYPE_GLOBAL);
  } else {
    value = memory_exhausted ? JS_ThrowOutOfMemory(js) : JS_ThrowPlainError(js, "there is no script to run");
  }
  free(script);
  free(name);
  return value;
}

/* `object.process`, or `object` itself where it is the function. Takes the object. */
static JSValue process_of(JSValue object) {
  if (JS_IsFunction(js, object) || !JS_IsObject(object)) return object;
  JSValue member = JS_GetPropertyStr(js, object, "process");
  JS_FreeValue(js, object);
  return member;
}

/* A bundle leaves its exports in `__ropewalk_module`; a plain script declares `process` at its top level. */
static JSValue find_process(void) {
  JSValue global = JS_GetGlobalObject(js);
  JSValue exports = JS_GetPropertyStr(js, global, "__ropewalk_module");
  JS_FreeValue(js, global);
  if (JS_IsObject(exports)) {
    JSValue found = JS_GetPropertyStr(js, exports, "process");
    if (JS_IsUndefined(found)) found = process_of(JS_GetPropertyStr(js, exports, "default"));
    JS_FreeValue(js, exports);
    return found;
  }
  JS_FreeValue(js, exports);
  static const char lookup[] = "typeof process === 'undefined' ? undefined : process";
  return JS_Eval(js, lookup, sizeof lookup - 1, "engine", JS_EVAL_TYPE_GLOBAL);
}

/* The result once all that promises have queued was run, what failed or not: nothing waits for the next call. Else the
 * first exception. The call's time limit ends what queues without end. Takes the result. */
static JSValue after_jobs(JSValue result) {
  JSContext *context;
  JSValue first = JS_IsException(result) ? JS_GetException(js) : JS_UNINITIALIZED;
  while (JS_IsJobPending(runtime) && !stop_asked) {
    if (JS_ExecutePendingJob(runtime, &context) >= 0) continue;
    JSValue raised = JS_GetException(js);
    if (JS_IsUninitialized(first)) {
      first = raised;
    } else {
      JS_FreeValue(js, raised);
    }
  }
  if (JS_IsUninitialized(first)) return result;
  JS_FreeValue(js, result);
  return JS_Throw(js, first);
}

/* What the promise became. Takes it. */
static JSValue settled(JSValue promise) {
  if (!JS_IsPromise(promise)) return promise;
  JSPromiseStateEnum state = JS_PromiseState(js, promise);
  JSValue value;
  if (state == JS_PROMISE_PENDING) {
    value = JS_ThrowPlainError(js, "the promise that `process` returned is never settled: a step has no timers and no "
                                   "input to wait for");
  } else {
    if (JS_IsStrictEqual(js, promise, unhandled_promise)) clear_unhandled();
    value = JS_PromiseResult(js, promise);
    if (state == JS_PROMISE_REJECTED) value = JS_Throw(js, value);
  }
  JS_FreeValue(js, promise);
  return value;
}

/* The result once all jobs are done; an exception where a promise was rejected that nobody listens to. */
static JSValue finished(JSValue result) {
  result = after_jobs(result);
  if (!JS_IsException(result)) result = settled(result);
  if (!JS_IsUndefined(unhandled_promise)) {
    if (!JS_IsException(result)) {
      JS_FreeValue(js, result);
      result = JS_Throw(js, JS_DupValue(js, unhandled_reason));
    }
    clear_unhandled();
  }
  return result;
}

/* Runs what was queued while the call's end was told, by a `toJSON` or a `toString`. Nobody is left to hear how it ends. */
static void finish_late_jobs(void) {
  JSValue value = after_jobs(JS_UNDEFINED);
  if (JS_IsException(value)) JS_FreeValue(js, JS_GetException(js));
  clear_unhandled();
}

static int32_t load(void) {
  JSValue value = finished(evaluate_script());
  if (JS_IsException(value)) return fail_with_exception(js);
  JS_FreeValue(js, value);
  process_function = find_process();
  if (JS_IsException(process_function)) return fail_with_exception(js);
  if (!JS_IsFunction(js, process_function)) {
    return fail("", "the script exports no function named `process`: add `export function process(message) { … }`");
  }
  return RW_OK;
}

RW_EXPORT("ropewalk_abi_v1") void ropewalk_abi_v1(void) {}

/* Called once when the engine is built (see snapshot.py): every instance begins with the memory it left. */
RW_EXPORT("ropewalk_prepare") int32_t ropewalk_prepare(void) { return start(); }

RW_EXPORT("ropewalk_init") int32_t ropewalk_init(void) {
  if (!js && start() != RW_OK) return fail("out-of-memory", "memoryLimit is too small to start the JavaScript engine");
  int32_t status = load();
  finish_late_jobs();
  return status;
}

RW_EXPORT("ropewalk_stop") uint32_t ropewalk_stop(void) { return (uint32_t)(uintptr_t)&stop_asked; }

RW_EXPORT("ropewalk_process") int32_t ropewalk_process(uint32_t length) {
  memory_exhausted = false;
  int32_t outcome;
  JSValue message = payload_fetch(length) ? payload_value(js) : JS_ThrowOutOfMemory(js);
  if (JS_IsException(message)) {
    outcome = fail_with_exception(js);
  } else {
    JSValueConst arguments[] = {message, process_context};
    JSValue result = finished(JS_Call(js, process_function, JS_UNDEFINED, 2, arguments));
    outcome = outcome_of(js, result);
    JS_FreeValue(js, message);
  }
  finish_late_jobs();
  context_reset();
  payload_release();
  if (memory_exhausted) JS_RunGC(runtime);
  return outcome;
}
