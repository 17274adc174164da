//! What a step may ask of the host. Each function says which capability the step must be granted.

use crate::abi;
use std::fmt;

/// Why the host did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostError {
    /// The step was not granted the capability.
    Denied,
    /// A limit of the step is reached.
    TooLarge,
    /// It failed, for this reason.
    Failed(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostError::Denied => formatter.write_str("the step was not granted the capability"),
            HostError::TooLarge => formatter.write_str("a size limit of the step is reached"),
            HostError::Failed(reason) => formatter.write_str(reason),
        }
    }
}

impl std::error::Error for HostError {}

/// So that `?` fails the message for the host's reason.
impl From<HostError> for crate::Rejection {
    fn from(error: HostError) -> Self {
        crate::Rejection::new("", error.to_string())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Trace = 0,
    Debug = 1,
    Info = 2,
    Warning = 3,
    Error = 4,
}

/// (Log) Writes a line to the host's log under the step's name.
pub fn log(level: Level, text: &str) {
    // SAFETY: the host reads the string's bytes during the call, as everywhere below.
    unsafe { abi::log(level as u32, text.as_ptr(), text.len() as u32) };
}

/// A key of the step's `config.settings`: strings bare, everything else as JSON.
pub fn setting(key: &str) -> Option<String> {
    field(abi::SETTING, key).ok().flatten()
}

/// All of `config.settings` as a JSON object.
pub fn settings() -> String {
    field(abi::SETTINGS, "").unwrap_or_default().unwrap_or_default()
}

/// (Transform) What a built-in function such as `xml-to-json` makes of the input.
/// `options` is a JSON object, or empty.
pub fn transform(name: &str, options: &str, input: &[u8]) -> Result<Vec<u8>, HostError> {
    let status = unsafe {
        abi::transform(
            name.as_ptr(),
            name.len() as u32,
            options.as_ptr(),
            options.len() as u32,
            input.as_ptr(),
            input.len() as u32,
        )
    };
    answer(status)
}

/// (Validate) Checks JSON against a JSON Schema. None where it fits, else the violations as a JSON list of
/// `{"instance": pointer, "schema": pointer, "message": text}`.
pub fn validate(schema: &str, json: &[u8]) -> Result<Option<String>, HostError> {
    match unsafe { abi::validate(schema.as_ptr(), schema.len() as u32, json.as_ptr(), json.len() as u32) } {
        abi::OK => Ok(None),
        status => answer(status).map(text).map(Some),
    }
}

/// (HTTPCall) Makes an HTTP call. The request is JSON: `{"method","url","headers":{…},"body":text}`, or `bodyBase64`;
/// so is the response: `{"status","headers":{…},"body":text}`, or `bodyBase64` where the body is not UTF-8.
pub fn http_call(request: &str) -> Result<String, HostError> {
    answer(unsafe { abi::http_call(request.as_ptr(), request.len() as u32) }).map(text)
}

pub(crate) fn field(which: u32, key: &str) -> Result<Option<String>, HostError> {
    match unsafe { abi::field(which, key.as_ptr(), key.len() as u32) } {
        abi::NOT_FOUND => Ok(None),
        status => answer(status).map(text).map(Some),
    }
}

/// The answer to a call that gave a length or a status.
fn answer(status: i32) -> Result<Vec<u8>, HostError> {
    match status {
        length if length >= 0 => Ok(result(length as usize)),
        abi::DENIED => Err(HostError::Denied),
        abi::ERROR => {
            let length = unsafe { abi::result_read(std::ptr::NonNull::dangling().as_ptr(), 0) };
            Err(HostError::Failed(text(result(length.max(0) as usize))))
        }
        _ => Err(HostError::TooLarge),
    }
}

/// The host's last result.
fn result(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    unsafe { abi::result_read(bytes.as_mut_ptr(), length as u32) };
    bytes
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
