#include "engine.h"
#include <string.h>

static JSValue log_line(JSContext *js, JSValueConst this, int argc, JSValueConst *argv, int level) {
  (void)this;
  int32_t status = log_values(js, (uint32_t)level, argc, argv);
  return status < 0 ? throw_status(js, status, "Log") : JS_UNDEFINED;
}

/* As for a program without a terminal, what nobody may see is gone. */
static JSValue console_line(JSContext *js, JSValueConst this, int argc, JSValueConst *argv, int level) {
  (void)this;
  log_values(js, (uint32_t)level, argc, argv);
  return JS_UNDEFINED;
}

static const char *string_argument(JSContext *js, JSValueConst value, size_t *length, const char *what) {
  if (JS_IsString(value)) return JS_ToCStringLen(js, length, value);
  JS_ThrowTypeError(js, "%s must be a string", what);
  return NULL;
}

/* What a function whose name ends in `json` answers is parsed. */
static JSValue transformed(JSContext *js, const char *name, size_t length, int32_t size) {
  if (size < 0) return throw_status(js, size, "Transform");
  bool is_json = length >= 4 && memcmp(name + length - 4, "json", 4) == 0;
  return is_json ? result_json(js, size) : result_value(js, size);
}

static JSValue transform(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this;
  size_t length;
  struct text input, options = {.bytes = "", .length = 0, .borrowed = true};
  const char *name = string_argument(js, argv[0], &length, "the first argument, a function's name,");
  if (!name) return JS_EXCEPTION;
  JSValue value = JS_EXCEPTION;
  if (text_of(js, argv[1], &input)) {
    if (argc < 3 || JS_IsUndefined(argv[2]) || text_of(js, argv[2], &options)) {
      int32_t size = rw_transform(name, (uint32_t)length, options.bytes, (uint32_t)options.length, input.bytes, (uint32_t)input.length);
      value = transformed(js, name, length, size);
      text_free(js, &options);
    }
    text_free(js, &input);
  }
  JS_FreeCString(js, name);
  return value;
}

/* JSON text: a string counts as JSON already only for the schema. */
static bool json_of(JSContext *js, JSValueConst value, struct text *text) {
  JSValue json = JS_JSONStringify(js, value, JS_UNDEFINED, JS_UNDEFINED);
  if (JS_IsException(json)) return false;
  if (JS_IsUndefined(json)) {
    JS_ThrowTypeError(js, "a value is needed that JSON can express");
    return false;
  }
  bool made = text_of(js, json, text);
  JS_FreeValue(js, json);
  return made;
}

static JSValue validate(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this, (void)argc;
  struct text schema, value;
  if (!(JS_IsString(argv[0]) ? text_of : json_of)(js, argv[0], &schema)) return JS_EXCEPTION;
  JSValue violations = JS_EXCEPTION;
  if (json_of(js, argv[1], &value)) {
    int32_t size = rw_validate(schema.bytes, (uint32_t)schema.length, value.bytes, (uint32_t)value.length);
    violations = size < 0 ? throw_status(js, size, "Validate") : size == RW_OK ? JS_NewArray(js) : result_json(js, size);
    text_free(js, &value);
  }
  text_free(js, &schema);
  return violations;
}

/* Sets every member of `to` that `from` has; what is none of a request is the host's to refuse. */
static bool copy_members(JSContext *js, JSValueConst from, JSValueConst to) {
  JSPropertyEnum *names;
  uint32_t count, i = 0;
  if (JS_GetOwnPropertyNames(js, &names, &count, from, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) return false;
  for (; i < count; i++) {
    JSValue value = JS_GetProperty(js, from, names[i].atom);
    if (JS_IsException(value) || JS_SetProperty(js, to, names[i].atom, value) < 0) break;
  }
  JS_FreePropertyEnum(js, names, count);
  return i == count;
}

static bool delete_member(JSContext *js, JSValueConst object, const char *name) {
  JSAtom atom = JS_NewAtom(js, name);
  bool deleted = atom != JS_ATOM_NULL && JS_DeleteProperty(js, object, atom, 0) >= 0;
  JS_FreeAtom(js, atom);
  return deleted;
}

/* Bytes cross as `bodyBase64`. */
static bool encode_body(JSContext *js, JSValueConst request) {
  struct text bytes;
  JSValue body = JS_GetPropertyStr(js, request, "body");
  bool encoded = true;
  if (JS_IsException(body)) return false;
  if (bytes_of(js, body, &bytes)) {
    JSValue text = base64_encode(js, (const uint8_t *)bytes.bytes, bytes.length);
    encoded = !JS_IsException(text) && JS_SetPropertyStr(js, request, "bodyBase64", text) >= 0;
  } else if (!JS_IsString(body) && !JS_IsUndefined(body) && !JS_IsNull(body)) {
    JS_ThrowTypeError(js, "body must be a string or bytes: use JSON.stringify for an object");
    encoded = false;
  }
  if (encoded && !JS_IsString(body)) encoded = delete_member(js, request, "body");
  JS_FreeValue(js, body);
  return encoded;
}

/* `bodyBase64` becomes a body of bytes. Takes the response. */
static JSValue response_of(JSContext *js, JSValue response) {
  if (JS_IsException(response)) return response;
  JSValue encoded = JS_GetPropertyStr(js, response, "bodyBase64");
  if (JS_IsString(encoded)) {
    size_t length;
    const char *text = JS_ToCStringLen(js, &length, encoded);
    JSValue body = text ? base64_decode(js, text, length) : JS_EXCEPTION;
    if (text) JS_FreeCString(js, text);
    delete_member(js, response, "bodyBase64");
    if (JS_IsException(body) || JS_SetPropertyStr(js, response, "body", body) < 0) {
      JS_FreeValue(js, response);
      response = JS_EXCEPTION;
    }
  }
  JS_FreeValue(js, encoded);
  return response;
}

static JSValue http_call(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this, (void)argc;
  if (!JS_IsObject(argv[0])) return JS_ThrowTypeError(js, "httpCall needs a request such as { method: \"GET\", url: \"https://…\" }");
  JSValue request = JS_NewObject(js), response = JS_EXCEPTION;
  struct text json;
  if (JS_IsException(request)) return request;
  if (copy_members(js, argv[0], request) && encode_body(js, request) && json_of(js, request, &json)) {
    int32_t size = rw_http_call(json.bytes, (uint32_t)json.length);
    response = size < 0 ? throw_status(js, size, "HTTPCall") : response_of(js, result_json(js, size));
    text_free(js, &json);
  }
  JS_FreeValue(js, request);
  return response;
}

/* Throws what the client was refused with: an error that carries its code. */
static JSValue throw_refusal(JSContext *js) {
  int32_t length = rw_result_read(NULL, 0);
  JSValue refusal = length > 0 ? result_json(js, length) : JS_EXCEPTION;
  if (!JS_IsObject(refusal)) {
    if (JS_IsException(refusal)) JS_FreeValue(js, JS_GetException(js));
    JS_FreeValue(js, refusal);
    return throw_status(js, RW_ERROR, "client");
  }
  JSValue words = JS_GetPropertyStr(js, refusal, "message");
  const char *message = JS_ToCString(js, words);
  JSValue error = JS_NewPlainError(js, "%s", message ? message : "the client refused");
  if (message) JS_FreeCString(js, message);
  JS_FreeValue(js, words);
  JS_SetPropertyStr(js, error, "code", JS_GetPropertyStr(js, refusal, "code"));
  JS_FreeValue(js, refusal);
  return JS_Throw(js, error);
}

/* A controller's request to the objects. */
static JSValue client(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this, (void)argc;
  struct text json;
  if (!json_of(js, argv[0], &json)) return JS_EXCEPTION;
  int32_t size = rw_client(json.bytes, (uint32_t)json.length);
  text_free(js, &json);
  if (size == RW_ERROR) return throw_refusal(js);
  return size < 0 ? throw_status(js, size, "client") : result_json(js, size);
}

static bool recoverable_option(JSContext *js, int argc, JSValueConst *argv) {
  if (argc < 3 || !JS_IsObject(argv[2])) return false;
  JSValue option = JS_GetPropertyStr(js, argv[2], "recoverable");
  if (JS_IsException(option)) JS_FreeValue(js, JS_GetException(js));
  bool recoverable = JS_IsBool(option) && JS_VALUE_GET_BOOL(option);
  if (!JS_IsException(option)) JS_FreeValue(js, option);
  return recoverable;
}

/* Throws an error that carries the code: uncaught, it becomes the reason why the message failed. */
static JSValue raise_error(JSContext *js, JSValueConst this, int argc, JSValueConst *argv) {
  (void)this;
  size_t length;
  const char *code = string_argument(js, argv[0], &length, "the first argument, the error's code,");
  if (!code) return JS_EXCEPTION;
  int32_t status = rw_fail(code, (uint32_t)length, "", 0, 0);
  const char *message = status == RW_DENIED ? NULL : JS_ToCString(js, argv[1]);
  JSValue error = message ? JS_NewPlainError(js, "%s", message) : JS_UNDEFINED;
  if (message) {
    JS_FreeCString(js, message);
    JS_SetPropertyStr(js, error, "code", JS_DupValue(js, argv[0]));
    JS_SetPropertyStr(js, error, "recoverable", JS_NewBool(js, recoverable_option(js, argc, argv)));
    JS_Throw(js, error);
  } else if (status == RW_DENIED) {
    throw_status(js, RW_DENIED, "RaiseError");
  }
  JS_FreeCString(js, code);
  return JS_EXCEPTION;
}

enum identity { CUSTOMER, INTEGRATION, METADATA };

static JSValue identity(JSContext *js, JSValueConst this, int argc, JSValueConst *argv, int which) {
  (void)this, (void)argc, (void)argv;
  switch ((enum identity)which) {
    case CUSTOMER: return field_text(js, RW_CUSTOMER_ID, NULL, 0, "GetCustomerID");
    case INTEGRATION: return field_text(js, RW_INTEGRATION_ID, NULL, 0, "GetIntegrationID");
    case METADATA: return field_json(js, RW_METADATA_ALL, "GetMessageMetadata");
  }
  return JS_UNDEFINED;
}

#define COUNT(list) (sizeof list / sizeof *list)

static const JSCFunctionListEntry log_members[] = {
  JS_CFUNC_MAGIC_DEF("debug", 1, log_line, RW_DEBUG),
  JS_CFUNC_MAGIC_DEF("info", 1, log_line, RW_INFO),
  JS_CFUNC_MAGIC_DEF("warn", 1, log_line, RW_WARNING),
  JS_CFUNC_MAGIC_DEF("error", 1, log_line, RW_ERROR_LEVEL),
};

static const JSCFunctionListEntry console_members[] = {
  JS_CFUNC_MAGIC_DEF("debug", 1, console_line, RW_DEBUG),
  JS_CFUNC_MAGIC_DEF("log", 1, console_line, RW_INFO),
  JS_CFUNC_MAGIC_DEF("info", 1, console_line, RW_INFO),
  JS_CFUNC_MAGIC_DEF("warn", 1, console_line, RW_WARNING),
  JS_CFUNC_MAGIC_DEF("error", 1, console_line, RW_ERROR_LEVEL),
};

static const JSCFunctionListEntry ropewalk_members[] = {
  JS_OBJECT_DEF("log", log_members, COUNT(log_members), JS_PROP_ENUMERABLE),
  JS_CFUNC_DEF("transform", 2, transform),
  JS_CFUNC_DEF("validate", 2, validate),
  JS_CFUNC_DEF("httpCall", 1, http_call),
  JS_CFUNC_DEF("raiseError", 2, raise_error),
  JS_CFUNC_DEF("client", 1, client),
  JS_CFUNC_MAGIC_DEF("getCustomerID", 0, identity, CUSTOMER),
  JS_CFUNC_MAGIC_DEF("getIntegrationID", 0, identity, INTEGRATION),
  JS_CFUNC_MAGIC_DEF("getMessageMetadata", 0, identity, METADATA),
};

/* Objects of a list are made when they are first used. */
static const JSCFunctionListEntry globals[] = {
  JS_OBJECT_DEF("ropewalk", ropewalk_members, COUNT(ropewalk_members), JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE),
  JS_OBJECT_DEF("console", console_members, COUNT(console_members), JS_PROP_CONFIGURABLE | JS_PROP_WRITABLE),
};

int host_define(JSContext *js, JSValueConst global) { return JS_SetPropertyFunctionList(js, global, globals, COUNT(globals)); }
