//! Looks at items before they are written: puts those without a category into the default one, and refuses what no
//! warehouse would take.
use ropewalk::controller::{allow, refuse, Client, Controller, Json};
use ropewalk::Rejection;
use std::cell::RefCell;

struct Settings {
    is_strict: bool,
    default_category: String,
}

thread_local! {
    static SETTINGS: RefCell<Settings> =
        RefCell::new(Settings { is_strict: true, default_category: "general".into() });
}

struct ItemValidator;

impl Controller for ItemValidator {
    fn metadata() -> Json {
        Json::object([
            ("name", "item-validator".into()),
            ("version", "1.0.0".into()),
            ("kinds", vec!["inventory.example.com/v1alpha1.Item"].into()),
            ("capabilities", vec!["validation", "defaulting"].into()),
        ])
    }

    fn initialize(settings: Json) -> Result<(), Rejection> {
        let is_strict = match settings["level"].text() {
            "strict" | "" => true,
            "lenient" => false,
            other => return Err(format!("level: found '{other}' where strict or lenient should be").into()),
        };
        let category = match settings["default_category"].text() {
            "" => "general",
            category => category,
        };
        SETTINGS.with(|kept| *kept.borrow_mut() = Settings { is_strict, default_category: category.into() });
        Ok(())
    }

    fn set_defaults(mut request: Json) -> Result<Json, Rejection> {
        let mut object = request["object"].clone();
        if !object["spec"]["category"].text().is_empty() {
            return Ok(Json::Null);
        }
        let mut spec = object["spec"].clone();
        spec.set("category", SETTINGS.with(|settings| settings.borrow().default_category.clone()).into());
        object.set("spec", spec);
        request.set("object", object);
        Ok(request)
    }

    fn validate_create(request: Json, _client: &Client) -> Result<Json, Rejection> {
        Ok(judge(&request["object"]["spec"]))
    }

    fn validate_update(request: Json, _client: &Client) -> Result<Json, Rejection> {
        let (new, old) = (&request["object"]["spec"], &request["oldObject"]["spec"]);
        if new["sku"] != old["sku"] {
            return Ok(refuse([("spec.sku".into(), "cannot change: make another item".into())]));
        }
        Ok(judge(new))
    }
}

fn judge(spec: &Json) -> Json {
    let mut causes: Vec<(String, String)> = Vec::new();
    let mut wrong = |field: &str, message: &str| causes.push((format!("spec.{field}"), message.into()));
    for field in ["quantity", "price"] {
        if spec[field].number().unwrap_or(0.0) < 0.0 {
            wrong(field, "cannot be less than 0");
        }
    }
    if SETTINGS.with(|settings| settings.borrow().is_strict) && !is_sku(spec["sku"].text()) {
        wrong("sku", "must be three capital letters, a dash and four digits, such as HAM-0001");
    }
    if causes.is_empty() {
        allow()
    } else {
        refuse(causes)
    }
}

fn is_sku(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 8
        && bytes[..3].iter().all(u8::is_ascii_uppercase)
        && bytes[3] == b'-'
        && bytes[4..].iter().all(u8::is_ascii_digit)
}

ropewalk::export_controller!(ItemValidator);
