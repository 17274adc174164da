/* The guest ABI of Ropewalk, version 1. docs/guest-abi.md explains it; this header is its C form.
 *
 * A guest exports
 *     memory                                   its linear memory
 *     ropewalk_abi_v1()                        says which ABI it was built for; never called
 *     _initialize()                            optional; called once, first (WASI reactors have it)
 *     ropewalk_init() -> int32                 optional; called once after _initialize; 0 or RW_FAIL
 *     ropewalk_process(uint32 length) -> int32 called for each message; length is the payload's
 *     ropewalk_stop() -> uint32                optional; where a byte is that the host sets when the time is used up: a
 *                                              guest that looks at it can fail by itself and say where it was
 *
 * Imports come from the module "ropewalk". Every pointer is checked against the guest's memory; one that is
 * outside ends the call with a trap. Nothing is copied until the guest asks for it.
 */
#ifndef ROPEWALK_H
#define ROPEWALK_H
#include <stdint.h>

#define RW_IMPORT(name) __attribute__((import_module("ropewalk"), import_name(name)))
#define RW_EXPORT(name) __attribute__((export_name(name)))

/* What ropewalk_process answers. */
enum rw_outcome {
  RW_PASS = 0,    /* go on; with the payload of rw_output_write where it was called, else unchanged */
  RW_DROP = 1,    /* end here, filtered */
  RW_FAIL = 2     /* failed; rw_fail said why */
};

/* What the functions below answer when they do not answer a length. */
enum rw_status {
  RW_OK = 0,
  RW_NOT_FOUND = -1,     /* there is no such field */
  RW_DENIED = -2,        /* the step was not granted the capability */
  RW_ERROR = -3,         /* it failed; rw_result_read gives the reason as text */
  RW_TOO_LARGE = -4      /* a limit of the step is reached */
};

/* Fields. `key` matters for RW_HEADER, RW_METADATA and RW_SETTING only. */
enum rw_field {
  RW_HEADER = 0,        /* the value of header `key` */
  RW_HEADERS = 1,       /* all headers, JSON: [["name","value"],…] */
  RW_METADATA = 2,      /* messageID, correlationID, traceID, source, timestamp, contentType   (GetMessageMetadata) */
  RW_METADATA_ALL = 3,  /* the same as a JSON object (GetMessageMetadata); customerID and tenantID in it (GetCustomerID),
                            integrationID (GetIntegrationID) */
  RW_CUSTOMER_ID = 4,   /* (GetCustomerID) */
  RW_INTEGRATION_ID = 5,/* (GetIntegrationID) */
  RW_SETTING = 6,       /* config.settings[key], strings bare, everything else JSON */
  RW_SETTINGS = 7,      /* config.settings, JSON */
  RW_SCRIPT = 8,        /* the script that a language engine is to run */
  RW_SCRIPT_NAME = 9,   /* the name to show for it in stack traces */
  RW_CONTENT_TYPE = 10  /* the payload's media type, always readable */
};

enum rw_level { RW_TRACE = 0, RW_DEBUG = 1, RW_INFO = 2, RW_WARNING = 3, RW_ERROR_LEVEL = 4 };

/* Copies the message's payload, `length` bytes of it from `offset`, to `destination`. */
RW_IMPORT("payload_read") int32_t rw_payload_read(void *destination, uint32_t offset, uint32_t length);

/* Sets the payload to go on with. Calling it again replaces what was set. RW_OK or RW_TOO_LARGE. */
RW_IMPORT("output_write") int32_t rw_output_write(const void *bytes, uint32_t length);

/* Sets the media type of the output. */
RW_IMPORT("output_content_type") int32_t rw_output_content_type(const char *text, uint32_t length);

/* Makes a field ready: answers its length, to be fetched with rw_result_read, or a negative rw_status. */
RW_IMPORT("field") int32_t rw_field(uint32_t field, const char *key, uint32_t key_length);

/* Copies up to `capacity` bytes of the last result (of rw_field, rw_transform, rw_http_call, or the reason of an
 * RW_ERROR) to `destination` and answers the result's whole length. It stays readable until the next call that
 * makes a result. */
RW_IMPORT("result_read") int32_t rw_result_read(void *destination, uint32_t capacity);

/* Says why the guest answers RW_FAIL. `recoverable` 1: the same message may succeed later. (The code is the guest's
 * own word; choosing one, other than the empty one, needs RaiseError.) RW_OK or RW_DENIED. */
RW_IMPORT("fail") int32_t rw_fail(const char *code, uint32_t code_length, const char *message, uint32_t message_length,
                                  uint32_t recoverable);

/* (Log) Writes a line to the host's log under the step's name. */
RW_IMPORT("log") int32_t rw_log(uint32_t level, const char *text, uint32_t length);

/* (Transform) Applies a built-in function, such as "xml-to-json". `options` is JSON or empty. Length or status. */
RW_IMPORT("transform") int32_t rw_transform(const char *name, uint32_t name_length, const char *options, uint32_t options_length,
                                            const void *input, uint32_t input_length);

/* (Validate) Checks JSON against a JSON Schema. RW_OK when valid; a length when not: the result is a JSON list of
 * {"instance": pointer, "schema": pointer, "message": text}. */
RW_IMPORT("validate") int32_t rw_validate(const char *schema, uint32_t schema_length, const void *json, uint32_t json_length);

/* (HTTPCall) Makes an HTTP call. `request` is JSON: {"method","url","headers":{…},"body":text or "bodyBase64":text}.
 * The result is JSON: {"status","headers":{…},"body":text} or "bodyBase64" where the body is not UTF-8. Other
 * customers' guests run meanwhile. Length or status. */
RW_IMPORT("http_call") int32_t rw_http_call(const char *request, uint32_t length);

/* (Controllers only; docs/controller-abi.md) Makes a request to the objects: JSON {"verb","apiVersion","kind","namespace",
 * "name",…}. The result is JSON. RW_ERROR: the result is {"code","message"}. Length or status. */
RW_IMPORT("client") int32_t rw_client(const char *request, uint32_t length);

#endif
