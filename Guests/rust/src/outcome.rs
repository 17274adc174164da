use crate::abi;

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on unchanged.
    Pass,
    /// It ends here, filtered.
    Drop,
    /// It goes on with another payload of the same media type.
    Replace(Vec<u8>),
    /// It goes on with another payload of another media type, such as `application/json`.
    ReplaceAs(Vec<u8>, String),
}

/// Why a step fails a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    code: String,
    message: String,
    recoverable: bool,
}

impl Rejection {
    /// A rejection with a code of the step's own. The code needs `RaiseError`; without it the message fails all the
    /// same, with the code left out.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Rejection { code: code.into(), message: message.into(), recoverable: false }
    }

    /// The same message may succeed when it comes again.
    pub fn recoverable(mut self) -> Self {
        self.recoverable = true;
        self
    }

    pub(crate) fn report(&self) -> i32 {
        if self.say(&self.code) == abi::DENIED {
            self.say("");
        }
        abi::FAIL
    }

    fn say(&self, code: &str) -> i32 {
        // SAFETY: the host reads the strings' bytes during the call.
        unsafe {
            abi::fail(
                code.as_ptr(),
                code.len() as u32,
                self.message.as_ptr(),
                self.message.len() as u32,
                self.recoverable as u32,
            )
        }
    }
}

/// A rejection without a code.
impl From<&str> for Rejection {
    fn from(message: &str) -> Self {
        Rejection::new("", message)
    }
}

/// A rejection without a code.
impl From<String> for Rejection {
    fn from(message: String) -> Self {
        Rejection::new("", message)
    }
}
