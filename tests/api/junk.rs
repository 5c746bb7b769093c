//! Junk, at every operation of the document: it is refused, or understood, and never the server's fault.

use crate::document::{Document, Operation, plain};
use crate::operators::operator;
use crate::support::{Client, Reply, World};
use serde_json::{Value, json};

/// What no id is.
const NO_IDS: [&str; 14] = [
    "0",
    "-1",
    "abc",
    "1.5",
    "1e3",
    "99999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "%00",
    "%FF%FE",
    "1%00",
    "1%27%20OR%201=1--",
    "%F0%9F%90%8D",
    "null",
];

/// What may stand in the place of a value.
fn stand_ins() -> Vec<Value> {
    let mut deep = json!("bottom");
    for _ in 0..100 {
        deep = json!([deep]);
    }
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(1.5),
        json!(1e300),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("\u{7f}\u{202e}"),
        json!("'; DROP TABLE products; --"),
        json!("x".repeat(10_000)),
        json!("1e3"),
        json!("NaN"),
        json!([]),
        json!({}),
        json!([null]),
        json!({"": ""}),
        deep,
    ]
}

/// `body` with one of its values replaced, in every place and by every stand-in.
fn distorted(body: &Value) -> Vec<Value> {
    fn places(value: &Value, place: &str, found: &mut Vec<String>) {
        found.push(place.to_owned());
        match value {
            Value::Object(members) => members.iter().for_each(|(name, member)| places(member, &format!("{place}/{name}"), found)),
            Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| places(item, &format!("{place}/{index}"), found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    places(body, "", &mut found);
    let replace = |place: &String, value: Value| {
        let mut body = body.clone();
        *body.pointer_mut(place).unwrap() = value;
        body
    };
    found.iter().flat_map(|place| stand_ins().into_iter().map(move |value| replace(place, value))).collect()
}

#[track_caller]
fn is_no_fault_of_ours(reply: &Reply) {
    assert!(reply.status < 500, "{reply:?}");
    if reply.status >= 400 {
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{reply:?}");
        assert!(reply.body["code"].is_string(), "{reply:?}");
    }
}

/// Whoever gets furthest with an operation.
async fn fit_for(world: &World, operation: &Operation) -> Client {
    match operation {
        _ if operation.is_operators() => operator(world).await,
        _ if operation.is_for_customers() => world.customer(1, 1),
        _ => world.owner(1),
    }
}

both_engines! {
    async fn in_a_path_it_is_not_found(world) {
        let document = Document::of(&world).await;
        for operation in document.api().iter().filter(|operation| operation.names_a_resource(&document)) {
            let who = fit_for(&world, operation).await;
            for junk in NO_IDS {
                let path = operation
                    .at(|_, schema| if document.resource(schema).is_empty() { plain(&document.example(schema)) } else { junk.to_owned() });
                operation.call(&who, &path).await.problem(404, "not_found");
            }
        }
        for word in ["fly", "CONFIRM", "%00", "cancel%20"] {
            world.owner(1).post(&format!("/api/orders/2/{word}"), json!({})).await.problem(404, "not_found");
        }
    }

    async fn in_a_query_it_is_named_and_refused(world) {
        let document = Document::of(&world).await;
        let mut walked = 0;
        let is_read = |operation: &&Operation| operation.method == "GET" && !operation.query.is_empty();
        for operation in document.api().iter().filter(is_read) {
            let who = fit_for(&world, operation).await;
            let path = operation.sample(&document);
            let refused = who.get(&format!("{path}?nonsense=1")).await.problem(400, "invalid_parameter");
            assert!(refused["detail"].is_string() && refused["errors"].is_array(), "{refused}");
            for parameter in &operation.query {
                let name = parameter["name"].as_str().unwrap();
                for junk in [
                    "%00",
                    "%01",
                    "%FF",
                    "",
                    "%20",
                    "-1",
                    "1e309",
                    "99999999999999999999",
                    "9999-99-99T99:99:99Z",
                    "%25",
                    "'--",
                    "*",
                    "%F0%9F%90%8D",
                    &"x".repeat(5000),
                ] {
                    is_no_fault_of_ours(&who.get(&format!("{path}?{name}={junk}")).await);
                }
                assert_eq!(who.get(&format!("{path}?{name}=%00")).await.status, 400, "{name}");
                walked += 1;
            }
            who.get(&format!("{path}?limit=0")).await.problem(400, "invalid_parameter");
            who.get(&format!("{path}?limit=101")).await.problem(400, "invalid_parameter");
            who.get(&format!("{path}?cursor=%FF")).await.problem(400, "invalid_parameter");
            // What is no list of pages has no cursor.
            if operation.query.iter().any(|parameter| parameter["name"] == "cursor") {
                who.get(&format!("{path}?cursor=nonsense")).await.problem(400, "invalid_cursor");
            }
        }
        assert!(walked >= 15, "{walked}");
    }

    async fn in_a_body_it_is_refused_before_it_does_anything(world) {
        let document = Document::of(&world).await;
        let mut walked = 0;
        for operation in document.api() {
            let Some(body) = &operation.body else { continue };
            let (who, path) = (fit_for(&world, &operation).await, operation.sample(&document));
            let raw = async |bytes: &[u8], kind: &str| who.send_raw(operation.method.clone(), &path, bytes.to_vec(), Some(kind)).await;
            let json = "application/json";
            let whole = body.to_string();
            raw(&whole.as_bytes()[..whole.len() - 1], json).await.problem(400, "malformed_json");
            raw(b"{\"a\": \"\xff\xfe\"}", json).await.problem(400, "malformed_json");
            raw("[".repeat(100_000).as_bytes(), json).await.problem(400, "malformed_json");
            raw(b"{\"a\": 1e999999}", json).await.problem(400, "malformed_json");
            raw(whole.as_bytes(), "text/plain").await.problem(415, "unsupported_media_type");
            raw(format!("{{\"x\": \"{}\"}}", "x".repeat(2 << 20)).as_bytes(), json).await.problem(413, "payload_too_large");
            for not_an_object in ["null", "1", "\"x\"", "true"] {
                // Where the body may be left out, null is as good as nothing.
                if not_an_object == "null" && operation.about["requestBody"]["required"] != true {
                    continue;
                }
                raw(not_an_object.as_bytes(), json).await.problem(422, "validation_failed");
            }
            let mut more = body.clone();
            more["nonsense"] = json!(1);
            let refused = who.send(operation.method.clone(), &path, Some(more)).await.problem(422, "validation_failed");
            assert_eq!(
                (&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]),
                (&json!("/nonsense"), &json!("unknown_field")),
                "{}",
                operation.id
            );
            walked += 1;
        }
        assert!(walked >= 12, "{walked}");
    }

    async fn in_any_place_of_a_body_it_is_no_fault_of_ours(world) {
        let document = Document::of(&world).await;
        for operation in document.api() {
            let Some(body) = &operation.body else { continue };
            let (who, path) = (fit_for(&world, &operation).await, operation.sample(&document));
            for body in distorted(body) {
                // Hashing passwords takes its time; what is distorted in there is tried with registering alone.
                if operation.path.starts_with("/api/auth/") && operation.id != "register" {
                    break;
                }
                is_no_fault_of_ours(&who.send(operation.method.clone(), &path, Some(body)).await);
            }
        }
    }
}
