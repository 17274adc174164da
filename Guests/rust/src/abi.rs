//! `ropewalk.h` as Rust has it.

pub const PASS: i32 = 0;
pub const DROP: i32 = 1;
pub const FAIL: i32 = 2;

pub const OK: i32 = 0;
pub const NOT_FOUND: i32 = -1;
pub const DENIED: i32 = -2;
pub const ERROR: i32 = -3;

pub const HEADER: u32 = 0;
pub const HEADERS: u32 = 1;
pub const METADATA: u32 = 2;
pub const METADATA_ALL: u32 = 3;
pub const CUSTOMER_ID: u32 = 4;
pub const INTEGRATION_ID: u32 = 5;
pub const SETTING: u32 = 6;
pub const SETTINGS: u32 = 7;
pub const CONTENT_TYPE: u32 = 10;

#[link(wasm_import_module = "ropewalk")]
extern "C" {
    pub fn payload_read(destination: *mut u8, offset: u32, length: u32) -> i32;
    pub fn output_write(bytes: *const u8, length: u32) -> i32;
    pub fn output_content_type(text: *const u8, length: u32) -> i32;
    pub fn field(field: u32, key: *const u8, key_length: u32) -> i32;
    pub fn result_read(destination: *mut u8, capacity: u32) -> i32;
    pub fn fail(code: *const u8, code_length: u32, message: *const u8, message_length: u32, recoverable: u32) -> i32;
    pub fn log(level: u32, text: *const u8, length: u32) -> i32;
    pub fn transform(
        name: *const u8,
        name_length: u32,
        options: *const u8,
        options_length: u32,
        input: *const u8,
        input_length: u32,
    ) -> i32;
    pub fn validate(schema: *const u8, schema_length: u32, json: *const u8, json_length: u32) -> i32;
    pub fn http_call(request: *const u8, length: u32) -> i32;
}
