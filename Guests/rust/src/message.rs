use crate::host::{self, HostError};
use crate::abi;

/// The message at hand. Only the payload is here; everything else is fetched from the host when it is asked for.
pub struct Message<'call> {
    payload: &'call [u8],
}

impl<'call> Message<'call> {
    pub(crate) fn new(payload: &'call [u8]) -> Self {
        Message { payload }
    }

    pub fn payload(&self) -> &'call [u8] {
        self.payload
    }

    /// The payload as text; an error where it is not UTF-8.
    pub fn text(&self) -> Result<&'call str, std::str::Utf8Error> {
        std::str::from_utf8(self.payload)
    }

    /// The payload's media type; empty where nobody said it.
    pub fn content_type(&self) -> String {
        host::field(abi::CONTENT_TYPE, "").unwrap_or_default().unwrap_or_default()
    }

    /// The value of a header; upper and lower case are the same.
    pub fn header(&self, name: &str) -> Option<String> {
        host::field(abi::HEADER, name).ok().flatten()
    }

    /// All headers as JSON: `[["name","value"],…]`.
    pub fn headers(&self) -> String {
        host::field(abi::HEADERS, "").unwrap_or_default().unwrap_or_default()
    }

    /// (GetMessageMetadata) One of `messageID`, `correlationID`, `traceID`, `source`, `timestamp`, `contentType`; none
    /// of another name.
    pub fn metadata(&self, name: &str) -> Result<Option<String>, HostError> {
        host::field(abi::METADATA, name)
    }

    /// (GetMessageMetadata) All of it as a JSON object; `customerID` and `tenantID` in it need GetCustomerID too, `integrationID`
    /// GetIntegrationID.
    pub fn all_metadata(&self) -> Result<String, HostError> {
        Ok(host::field(abi::METADATA_ALL, "")?.unwrap_or_default())
    }

    /// (GetCustomerID)
    pub fn customer_id(&self) -> Result<String, HostError> {
        Ok(host::field(abi::CUSTOMER_ID, "")?.unwrap_or_default())
    }

    /// (GetIntegrationID)
    pub fn integration_id(&self) -> Result<String, HostError> {
        Ok(host::field(abi::INTEGRATION_ID, "")?.unwrap_or_default())
    }
}
