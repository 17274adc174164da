/* Math.random. QuickJS seeds its own when it starts, which happens once for all instances: see snapshot.py. */
#include "engine.h"
#include <unistd.h>

static uint64_t state;

/* SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, 2014). */
static uint64_t next(void) {
  uint64_t mixed = state += 0x9E3779B97F4A7C15u;
  mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
  return mixed ^ mixed >> 31;
}

static JSValue random_number(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this, (void)argc, (void)argv;
  if (state == 0) getentropy(&state, sizeof state);
  return JS_NewFloat64(js, (double)(next() >> 11) * 0x1p-53);
}

int random_define(JSContext *js, JSValueConst global) {
  JSValue math = JS_GetPropertyStr(js, global, "Math");
  if (JS_IsException(math)) return -1;
  JSValue function = JS_NewCFunction(js, random_number, "random", 0);
  int defined = JS_DefinePropertyValueStr(js, math, "random", function, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
  JS_FreeValue(js, math);
  return defined;
}
