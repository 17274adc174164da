//! Controllers: what makes declared objects so. docs/controller-abi.md has the contract, this is a thin layer over it.
//!
//! ```ignore
//! use ropewalk::controller::{Client, Controller, Json, Refusal};
//!
//! struct Items;
//!
//! impl Controller for Items {
//!     fn metadata() -> Json { … }
//!     fn reconcile(reference: Json, client: &Client) -> Result<Json, Refusal> { … }
//! }
//!
//! ropewalk::export_controller!(Items);
//! ```

pub use crate::json::Json;
use crate::{abi, Rejection};

#[link(wasm_import_module = "ropewalk")]
extern "C" {
    fn client(request: *const u8, length: u32) -> i32;
}

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Such as `resource.notFound` or `client.denied`.
    pub code: String,
    pub message: String,
}

impl Refusal {
    pub fn is_not_found(&self) -> bool {
        self.code == "resource.notFound"
    }

    pub fn is_conflict(&self) -> bool {
        self.code == "resource.conflict"
    }
}

/// So that `?` fails the call for the refusal's reason.
impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Rejection::new("", format!("{} [{}]", refusal.message, refusal.code)).recoverable()
    }
}

/// The way to objects, held to what the controller is granted.
pub struct Client(());

impl Client {
    /// The object at `{"apiVersion","kind","namespace","name"}`.
    pub fn get(&self, reference: &Json) -> Result<Json, Refusal> {
        self.object("get", reference.clone())
    }

    /// The answer to a query has `items`, and `continue` where there are more.
    pub fn list(&self, query: &Json) -> Result<Json, Refusal> {
        self.request("list", query.clone())
    }

    pub fn create(&self, object: &Json) -> Result<Json, Refusal> {
        self.object("create", Json::object([("object", object.clone())]))
    }

    /// Writes everything but `status`.
    pub fn update(&self, object: &Json) -> Result<Json, Refusal> {
        self.object("update", Json::object([("object", object.clone())]))
    }

    /// Writes `status` alone.
    pub fn update_status(&self, object: &Json) -> Result<Json, Refusal> {
        self.object("status", Json::object([("object", object.clone())]))
    }

    /// A merge patch of everything but `status`.
    pub fn patch(&self, reference: &Json, patch: &Json) -> Result<Json, Refusal> {
        let mut request = reference.clone();
        request.set("patch", patch.clone());
        self.object("patch", request)
    }

    pub fn delete(&self, reference: &Json) -> Result<Json, Refusal> {
        self.object("delete", reference.clone())
    }

    /// Writes down what happened to an object; `kind` is `Normal` or `Warning`.
    pub fn event(&self, about: &Json, kind: &str, reason: &str, message: &str) -> Result<(), Refusal> {
        let event = [("about", about.clone()), ("type", kind.into()), ("reason", reason.into()), ("message", message.into())];
        self.request("event", Json::object(event)).map(|_| ())
    }

    fn object(&self, verb: &str, request: Json) -> Result<Json, Refusal> {
        self.request(verb, request).map(|mut answer| answer.take("object"))
    }

    fn request(&self, verb: &str, mut request: Json) -> Result<Json, Refusal> {
        request.set("verb", verb.into());
        let text = request.to_string();
        // SAFETY: the host reads the string's bytes during the call.
        let status = unsafe { client(text.as_ptr(), text.len() as u32) };
        let failed = |message: &str| Refusal { code: "client.failed".into(), message: message.into() };
        match status {
            abi::ERROR => {
                let refusal = result().and_then(|text| Json::parse(&text).ok()).unwrap_or(Json::Null);
                Err(Refusal { code: refusal["code"].text().into(), message: refusal["message"].text().into() })
            }
            status if status < 0 => Err(failed("the request or its answer is larger than the controller may have")),
            _ => result().and_then(|text| Json::parse(&text).ok()).ok_or_else(|| failed("the host's answer is no JSON")),
        }
    }
}

fn result() -> Option<String> {
    // SAFETY: the vector has the length that the host is told.
    unsafe {
        let length = abi::result_read(std::ptr::NonNull::dangling().as_ptr(), 0).max(0) as usize;
        let mut bytes = vec![0; length];
        abi::result_read(bytes.as_mut_ptr(), length as u32);
        String::from_utf8(bytes).ok()
    }
}

/// What a controller does. Each function has the name and the meaning that docs/controller-abi.md gives it; `Json::Null`
/// answers nothing.
pub trait Controller {
    fn metadata() -> Json;

    fn initialize(_settings: Json) -> Result<(), Rejection> {
        Ok(())
    }

    fn reconcile(_reference: Json, _client: &Client) -> Result<Json, Rejection> {
        Ok(Json::Null)
    }

    fn set_defaults(_request: Json) -> Result<Json, Rejection> {
        Ok(Json::Null)
    }

    fn validate_create(_request: Json, _client: &Client) -> Result<Json, Rejection> {
        Ok(Json::Null)
    }

    fn validate_update(_request: Json, _client: &Client) -> Result<Json, Rejection> {
        Ok(Json::Null)
    }

    fn shutdown() {}
}

/// Lets a call through.
pub fn allow() -> Json {
    Json::Null
}

/// Refuses a write for these reasons: the fields, and what is wrong with each.
pub fn refuse(causes: impl IntoIterator<Item = (String, String)>) -> Json {
    let list = causes.into_iter().map(|(field, message)| Json::object([("field", field.into()), ("message", message.into())]));
    Json::object([("causes", Json::Array(list.collect()))])
}

#[doc(hidden)]
pub fn call(length: u32, action: impl FnOnce(Json, &Client) -> Result<Json, Rejection>) -> i32 {
    crate::run(length, |message| {
        let text = message.text().map_err(|_| "the input is not UTF-8")?;
        let input = Json::parse(text).map_err(|error| format!("the input is no JSON: {error}"))?;
        Ok(match action(input, &Client(()))? {
            Json::Null => crate::Outcome::Pass,
            answer => crate::Outcome::Replace(answer.to_string().into_bytes()),
        })
    })
}

/// Exports a controller: a type that implements [`Controller`].
#[macro_export]
macro_rules! export_controller {
    ($controller:ty) => {
        const _: () = {
            use $crate::controller::{call, Controller, Json};

            #[no_mangle]
            pub extern "C" fn ropewalk_abi_v1() {}

            #[no_mangle]
            pub extern "C" fn metadata(length: u32) -> i32 {
                call(length, |_, _| Ok(<$controller as Controller>::metadata()))
            }

            #[no_mangle]
            pub extern "C" fn initialize(length: u32) -> i32 {
                call(length, |settings, _| <$controller as Controller>::initialize(settings).map(|_| Json::Null))
            }

            #[no_mangle]
            pub extern "C" fn reconcile(length: u32) -> i32 {
                call(length, <$controller as Controller>::reconcile)
            }

            #[no_mangle]
            pub extern "C" fn set_defaults(length: u32) -> i32 {
                call(length, |request, _| <$controller as Controller>::set_defaults(request))
            }

            #[no_mangle]
            pub extern "C" fn validate_create(length: u32) -> i32 {
                call(length, <$controller as Controller>::validate_create)
            }

            #[no_mangle]
            pub extern "C" fn validate_update(length: u32) -> i32 {
                call(length, <$controller as Controller>::validate_update)
            }

            #[no_mangle]
            pub extern "C" fn shutdown(length: u32) -> i32 {
                call(length, |_, _| {
                    <$controller as Controller>::shutdown();
                    Ok(Json::Null)
                })
            }
        };
    };
}
