#include "engine.h"
#include <string.h>

/* The object lives as long as the instance; what it answers belongs to the message at hand. */
static bool content_type_chosen;
static JSContext *owner;
static JSValue chosen_content_type, metadata, settings;

enum member { CONTENT_TYPE, CUSTOMER_ID, INTEGRATION_ID, METADATA, SETTINGS };

bool context_chose_content_type(void) { return content_type_chosen; }

void context_reset(void) {
  content_type_chosen = false;
  JSValue *values[] = {&chosen_content_type, &metadata, &settings};
  for (size_t index = 0; index < sizeof values / sizeof *values; index++) {
    JS_FreeValue(owner, *values[index]);
    *values[index] = JS_UNDEFINED;
  }
}

/* The parsed field, fetched once a message. */
static JSValue cached(JSContext *js, JSValue *cache, uint32_t field, const char *capability) {
  if (JS_IsUndefined(*cache)) {
    JSValue value = field_json(js, field, capability);
    if (JS_IsException(value)) return value;
    *cache = value;
  }
  return JS_DupValue(js, *cache);
}

static JSValue content_type(JSContext *js) {
  if (content_type_chosen) return JS_DupValue(js, chosen_content_type);
  JSValue type = field_text(js, RW_CONTENT_TYPE, NULL, 0, "");
  return JS_IsUndefined(type) ? JS_NewStringLen(js, "", 0) : type;
}

static JSValue get_member(JSContext *js, JSValueConst this, int which) {
  (void)this;
  switch ((enum member)which) {
    case CONTENT_TYPE: return content_type(js);
    case CUSTOMER_ID: return field_text(js, RW_CUSTOMER_ID, NULL, 0, "GetCustomerID");
    case INTEGRATION_ID: return field_text(js, RW_INTEGRATION_ID, NULL, 0, "GetIntegrationID");
    case METADATA: return cached(js, &metadata, RW_METADATA_ALL, "GetMessageMetadata");
    case SETTINGS: return cached(js, &settings, RW_SETTINGS, "");
  }
  return JS_UNDEFINED;
}

static JSValue set_content_type(JSContext *js, JSValueConst this, JSValueConst value, int which) {
  (void)this, (void)which;
  size_t length;
  const char *type = JS_IsString(value) ? JS_ToCStringLen(js, &length, value) : NULL;
  if (!type) return JS_IsString(value) ? JS_EXCEPTION : JS_ThrowTypeError(js, "contentType must be a string");
  int32_t status = rw_output_content_type(type, (uint32_t)length);
  JS_FreeCString(js, type);
  if (status < 0) return throw_status(js, status, "contentType");
  JS_FreeValue(js, chosen_content_type);
  chosen_content_type = JS_DupValue(js, value);
  content_type_chosen = true;
  return JS_UNDEFINED;
}

static JSValue text(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this, (void)argc, (void)argv;
  if (is_utf8(payload.bytes, payload.length)) return JS_NewStringLen(js, payload.bytes, payload.length);
  return JS_ThrowTypeError(js, "the payload is not UTF-8 text: use context.bytes()");
}

static JSValue bytes(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this, (void)argc, (void)argv;
  return JS_NewUint8ArrayCopy(js, (const uint8_t *)payload.bytes, payload.length);
}

static JSValue header(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this, (void)argc;
  size_t length;
  const char *name = JS_ToCStringLen(js, &length, argv[0]);
  if (!name) return JS_EXCEPTION;
  JSValue value = field_text(js, RW_HEADER, name, length, "");
  JS_FreeCString(js, name);
  return value;
}

static JSValue header_exists(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  JSValue value = header(js, this, argc, argv);
  if (JS_IsException(value)) return value;
  bool exists = !JS_IsUndefined(value);
  JS_FreeValue(js, value);
  return JS_NewBool(js, exists);
}

static JSValue header_entries(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this, (void)argc, (void)argv;
  return field_json(js, RW_HEADERS, "");
}

static const JSCFunctionListEntry header_members[] = {
  JS_CFUNC_DEF("get", 1, header),
  JS_CFUNC_DEF("has", 1, header_exists),
  JS_CFUNC_DEF("entries", 0, header_entries),
};

static const JSCFunctionListEntry members[] = {
  JS_OBJECT_DEF("headers", header_members, sizeof header_members / sizeof *header_members, JS_PROP_ENUMERABLE),
  JS_CGETSET_MAGIC_DEF("contentType", get_member, set_content_type, CONTENT_TYPE),
  JS_CGETSET_MAGIC_DEF("customerID", get_member, NULL, CUSTOMER_ID),
  JS_CGETSET_MAGIC_DEF("integrationID", get_member, NULL, INTEGRATION_ID),
  JS_CGETSET_MAGIC_DEF("metadata", get_member, NULL, METADATA),
  JS_CGETSET_MAGIC_DEF("settings", get_member, NULL, SETTINGS),
  JS_CFUNC_DEF("text", 0, text),
  JS_CFUNC_DEF("bytes", 0, bytes),
};

JSValue context_create(JSContext *js) {
  owner = js;
  chosen_content_type = metadata = settings = JS_UNDEFINED;
  JSValue object = JS_NewObject(js);
  if (JS_IsException(object)) return object;
  if (JS_SetPropertyFunctionList(js, object, members, sizeof members / sizeof *members) < 0) return JS_EXCEPTION;
  /* A script that kept something here would find it at the next message. */
  JS_PreventExtensions(js, object);
  return object;
}
