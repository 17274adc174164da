/* What `process` returned, as JSON, written straight into the buffer that goes to the host. It says what
 * JSON.stringify says; values that are neither plain objects, arrays nor primitives are left to JSON.stringify. */
#include "engine.h"
#include "dtoa.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A buffer larger than this is given back after the message. */
#define KEPT_CAPACITY (64 * 1024)

/* Deeper values are left to JSON.stringify, which finds circles and the end of the stack. */
#define MOST_LEVELS 64

static struct {
  char *bytes;
  size_t length;
  size_t capacity;
  JSContext *js;
  JSClassID object_class;
  JSClassID array_class;
  JSAtom to_json;
  JSAtom no_key;
} writer;

enum written { WRITTEN, LEFT_OUT, FAILED };

static enum written write_value(JSValueConst value, int level);

static bool reserve(size_t size) {
  if (writer.capacity - writer.length >= size) return true;
  size_t capacity = 2 * (writer.length + size) + 1024;
  char *moved = realloc(writer.bytes, capacity);
  if (!moved) {
    memory_exhausted = true;
    JS_ThrowOutOfMemory(writer.js);
    return false;
  }
  writer.bytes = moved;
  writer.capacity = capacity;
  return true;
}

static bool put(const char *bytes, size_t length) {
  if (!reserve(length)) return false;
  memcpy(writer.bytes + writer.length, bytes, length);
  writer.length += length;
  return true;
}

static bool put_character(char character) {
  if (!reserve(1)) return false;
  writer.bytes[writer.length++] = character;
  return true;
}

/* The escape of a character that JSON does not allow as it is; answers its length. */
static size_t escape(char *out, unsigned character) {
  static const char hexadecimal[] = "0123456789abcdef";
  static const char named[] = "\bb\ff\nn\rr\tt\"\"\\\\";
  out[0] = '\\';
  for (const char *name = named; *name; name += 2) {
    if ((unsigned char)*name != character) continue;
    out[1] = name[1];
    return 2;
  }
  out[1] = 'u';
  for (int digit = 0; digit < 4; digit++) out[2 + digit] = hexadecimal[character >> (12 - 4 * digit) & 15];
  return 6;
}

static bool put_quoted(const char *text, size_t length) {
  if (!reserve(6 * length + 2)) return false;
  char *out = writer.bytes + writer.length;
  *out++ = '"';
  for (size_t at = 0; at < length; at++) {
    unsigned char byte = (unsigned char)text[at];
    if (byte < ' ' || byte == '"' || byte == '\\') {
      out += escape(out, byte);
    } else if (byte == 0xED && at + 2 < length && (unsigned char)text[at + 1] >= 0xA0) {
      /* Half of a surrogate pair, which UTF-8 has no form for. */
      out += escape(out, 0xD000u | (text[at + 1] & 0x3Fu) << 6 | (text[at + 2] & 0x3Fu));
      at += 2;
    } else {
      *out++ = (char)byte;
    }
  }
  *out++ = '"';
  writer.length = (size_t)(out - writer.bytes);
  return true;
}

static bool put_string(const char *text, size_t length) {
  bool done = text && put_quoted(text, length);
  if (text) JS_FreeCString(writer.js, text);
  return done;
}

static bool put_number(double number) {
  JSDTOATempMem memory;
  if (!isfinite(number)) return put("null", 4);
  if (!reserve(64)) return false;
  writer.length += (size_t)js_dtoa(writer.bytes + writer.length, number, 10, 0, JS_DTOA_FORMAT_FREE, &memory);
  return true;
}

static bool put_integer(int32_t number) {
  if (!reserve(16)) return false;
  writer.length += i32toa(writer.bytes + writer.length, number);
  return true;
}

static enum written write_otherwise(JSValueConst value) {
  JSValue json = JS_JSONStringify(writer.js, value, JS_UNDEFINED, JS_UNDEFINED);
  if (JS_IsException(json)) return FAILED;
  if (!JS_IsString(json)) return LEFT_OUT;
  size_t length;
  const char *text = JS_ToCStringLen(writer.js, &length, json);
  bool done = text && put(text, length);
  if (text) JS_FreeCString(writer.js, text);
  JS_FreeValue(writer.js, json);
  return done ? WRITTEN : FAILED;
}

/* The member, as its `toJSON` has it where it has one. `key` is made text only for that. Takes the member. */
static JSValue prepared(JSValue member, JSAtom key) {
  if (!JS_IsObject(member)) return member;
  JSValue method = JS_GetProperty(writer.js, member, writer.to_json);
  if (JS_IsFunction(writer.js, method)) {
    JSValue name = JS_AtomToString(writer.js, key);
    JSValueConst arguments[] = {name};
    JSValue replaced = JS_IsException(name) ? JS_EXCEPTION : JS_Call(writer.js, method, member, 1, arguments);
    JS_FreeValue(writer.js, name);
    JS_FreeValue(writer.js, member);
    member = replaced;
  } else if (JS_IsException(method)) {
    JS_FreeValue(writer.js, member);
    member = method;
    method = JS_UNDEFINED;
  }
  JS_FreeValue(writer.js, method);
  return member;
}

static bool write_elements(JSValueConst array, int level) {
  int64_t length;
  if (!put_character('[') || JS_GetLength(writer.js, array, &length) < 0) return false;
  for (int64_t index = 0; index < length; index++) {
    if (index > 0 && !put_character(',')) return false;
    JSValue element = JS_GetPropertyInt64(writer.js, array, index);
    if (JS_IsObject(element)) {
      JSAtom key = JS_NewAtomUInt32(writer.js, (uint32_t)index);
      element = prepared(element, key);
      JS_FreeAtom(writer.js, key);
    }
    enum written written = JS_IsException(element) ? FAILED : write_value(element, level);
    JS_FreeValue(writer.js, element);
    if (written == FAILED || (written == LEFT_OUT && !put("null", 4))) return false;
  }
  return put_character(']');
}

static bool write_member(JSValueConst object, JSAtom key, bool is_first, int level) {
  JSValue member = prepared(JS_GetProperty(writer.js, object, key), key);
  if (JS_IsException(member)) return false;
  if (JS_IsUndefined(member)) return true;
  size_t start = writer.length, length;
  const char *name = JS_AtomToCStringLen(writer.js, &length, key);
  bool done = (is_first || put_character(',')) && put_string(name, length) && put_character(':');
  enum written written = done ? write_value(member, level) : FAILED;
  if (written == LEFT_OUT) writer.length = start;
  JS_FreeValue(writer.js, member);
  return written != FAILED;
}

static bool write_members(JSValueConst object, int level) {
  JSPropertyEnum *keys;
  uint32_t count;
  if (JS_GetOwnPropertyNames(writer.js, &keys, &count, object, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return false;
  bool done = put_character('{');
  size_t start = writer.length;
  for (uint32_t index = 0; done && index < count; index++) {
    done = write_member(object, keys[index].atom, writer.length == start, level);
  }
  JS_FreePropertyEnum(writer.js, keys, count);
  return done && put_character('}');
}

static enum written write_object(JSValueConst object, int level) {
  JSClassID class = JS_GetClassID(object);
  bool is_array = class == writer.array_class;
  if (level >= MOST_LEVELS || (!is_array && class != writer.object_class)) return write_otherwise(object);
  bool done = is_array ? write_elements(object, level + 1) : write_members(object, level + 1);
  return done ? WRITTEN : FAILED;
}

static enum written write_value(JSValueConst value, int level) {
  size_t length;
  switch (JS_VALUE_GET_NORM_TAG(value)) {
    case JS_TAG_OBJECT: return write_object(value, level);
    case JS_TAG_INT: return put_integer(JS_VALUE_GET_INT(value)) ? WRITTEN : FAILED;
    case JS_TAG_FLOAT64: return put_number(JS_VALUE_GET_FLOAT64(value)) ? WRITTEN : FAILED;
    case JS_TAG_NULL: return put("null", 4) ? WRITTEN : FAILED;
    case JS_TAG_BOOL: return (JS_VALUE_GET_BOOL(value) ? put("true", 4) : put("false", 5)) ? WRITTEN : FAILED;
    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE: {
      const char *text = JS_ToCStringLen(writer.js, &length, value);
      return put_string(text, length) ? WRITTEN : FAILED;
    }
    default: return write_otherwise(value);
  }
}

static void prepare(JSContext *js) {
  if (writer.js) return;
  writer.js = js;
  writer.to_json = JS_NewAtom(js, "toJSON");
  writer.no_key = JS_NewAtom(js, "");
  JSValue object = JS_NewObject(js), array = JS_NewArray(js);
  writer.object_class = JS_GetClassID(object);
  writer.array_class = JS_GetClassID(array);
  JS_FreeValue(js, object);
  JS_FreeValue(js, array);
}

bool json_write(JSContext *js, JSValueConst value, struct text *json) {
  prepare(js);
  writer.length = 0;
  JSValue root = prepared(JS_DupValue(js, value), writer.no_key);
  enum written written = JS_IsException(root) ? FAILED : write_value(root, 0);
  JS_FreeValue(js, root);
  *json = (struct text){.bytes = written == WRITTEN ? writer.bytes : NULL, .length = writer.length, .borrowed = true};
  return written != FAILED;
}

void json_release(void) {
  if (writer.capacity <= KEPT_CAPACITY) return;
  free(writer.bytes);
  writer.bytes = NULL;
  writer.capacity = writer.length = 0;
}
