//! The contract: the OpenAPI document is whole, is the one that is checked in, and is what the server does.

use crate::document::{Document, Operation};
use crate::operators::operator;
use crate::returns::arrange;
use crate::support::{Client, Engine, Reply, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use stoa::base::code::Code;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Somebody who may do the operation in the demo.
async fn fit_for(world: &World, operation: &Operation) -> Client {
    match operation {
        _ if operation.is_operators() => operator(world).await,
        _ if operation.is_for_customers() => world.customer(1, 1),
        _ if operation.demands("token") => world.owner(1),
        _ => world.anonymous(1),
    }
}

/// Calls an operation just as the document shows it, with all its examples.
async fn try_out(world: &World, document: &Document, mut operation: Operation) -> Reply {
    if operation.places.iter().any(|(_, schema)| document.resource(schema) == "ImpersonationId") {
        let wish = json!({"vendor_id": 1, "user_id": 2, "reason": "to have one", "minutes": 15});
        operator(world).await.post("/api/admin/impersonations", wish).await.expect(201);
    }
    if operation.places.iter().any(|(_, schema)| document.resource(schema) == "PasswordResetId") {
        let wish = json!({"vendor_id": 2, "q": "nobody", "reason": "to have one"});
        operator(world).await.post("/api/admin/password-resets", wish).await.expect(201);
    }
    arrange(world, &operation).await;
    let who = fit_for(world, &operation).await;
    operation.freshen(world, &who).await;
    operation.call(&who, &operation.sample(document)).await
}

/// A schema of the document, ready to be held against values.
pub struct Shape {
    schema: Value,
    validator: jsonschema::Validator,
}

impl Shape {
    pub fn of(document: &Document, schema: &Value) -> Self {
        let mut whole = schema.clone();
        whole["components"] = document.0["components"].clone();
        let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&whole).unwrap();
        Self { schema: schema.clone(), validator }
    }

    /// The places where `value` breaks it. `document` has the parts that it refers to.
    pub fn breaches(&self, document: &Document, value: &Value) -> Vec<String> {
        let mut found: Vec<_> = self.validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        undocumented(document, &self.schema, value, "", &mut found);
        found
    }
}

/// The places where `value` breaks `schema`, of which `document` has the parts.
pub fn breaches(document: &Document, schema: &Value, value: &Value) -> Vec<String> {
    Shape::of(document, schema).breaches(document, value)
}

/// Members that the answer has and the document does not.
fn undocumented(document: &Document, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let parts = parts_of(document, schema);
    let known = |name: &str| parts.iter().find_map(|part| part["properties"].get(name));
    match value {
        Value::Object(members) if parts.iter().any(|part| part["properties"].is_object()) => {
            for (name, member) in members {
                match known(name) {
                    Some(inner) => undocumented(document, inner, member, &format!("{place}/{name}"), found),
                    None => found.push(format!("{place}/{name} is not in the document")),
                }
            }
        }
        Value::Array(items) => {
            for (item, inner) in items.iter().flat_map(|item| parts.iter().map(move |part| (item, &part["items"]))) {
                undocumented(document, inner, item, &format!("{place}/-"), found);
            }
        }
        _ => {}
    }
}

/// The schemas that together, or one of them, describe a value.
fn parts_of<'a>(document: &'a Document, schema: &'a Value) -> Vec<&'a Value> {
    let (meant, _) = document.resolve(schema);
    let inner = ["allOf", "oneOf", "anyOf"].iter().filter_map(|group| meant[*group].as_array()).flatten();
    let mut parts: Vec<_> = inner.flat_map(|one| parts_of(document, one)).collect();
    parts.push(meant);
    parts
}

/// How an operation says that it succeeds: its status, and the response.
pub fn success(operation: &Operation) -> (u16, Value) {
    let responses = operation.about["responses"].as_object().unwrap();
    let mut good = responses.iter().filter(|(status, _)| status.starts_with('2'));
    let (status, response) = good.next().unwrap_or_else(|| panic!("{} never succeeds", operation.id));
    assert!(good.next().is_none(), "{} succeeds in several ways: say here which is tried", operation.id);
    (status.parse().unwrap(), response.clone())
}

#[test]
fn the_document_that_is_checked_in_is_the_one_the_program_makes() {
    let kept = std::fs::read_to_string(root().join("openapi/openapi.json")).unwrap();
    let made = stoa::commands::openapi().unwrap();
    assert!(kept.trim_end() == made.trim_end(), "openapi/openapi.json is not up to date: run `stoa openapi > openapi/openapi.json`");
}

#[actix_web::test]
async fn the_server_shows_the_document_that_the_program_prints() {
    let world = World::start(Engine::Sqlite).await;
    let printed: Value = serde_json::from_str(&stoa::commands::openapi().unwrap()).unwrap();
    assert_eq!(Document::of(&world).await.0, printed);
    assert!(printed["openapi"].as_str().unwrap().starts_with("3.1."));
}

#[actix_web::test]
async fn every_operation_says_all_about_itself() {
    let world = World::start(Engine::Sqlite).await;
    let document = Document::of(&world).await;
    let mut ids = BTreeSet::new();
    let tags: Vec<_> = document.0["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    for operation in document.operations() {
        let Operation { id, about, path, .. } = &operation;
        let says = |member: &str| about[member].as_str().is_some_and(|text| !text.trim().is_empty());
        assert!(says("summary") && says("description"), "{id}");
        assert!(about["tags"].as_array().is_some_and(|own| own.len() == 1 && tags.contains(&own[0])), "{id}");
        assert!(!id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{id} is not in snake_case");
        assert!(ids.insert(id.clone()), "{id} is there twice");
        let in_path = path.matches('{').count();
        assert_eq!(operation.places.len(), in_path, "{id}: the parameters in the path");
        for parameter in about["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{id}: {parameter}");
            assert_eq!(parameter["required"] == true, parameter["in"] == "path", "{id}: {parameter}");
        }
        for (status, response) in about["responses"].as_object().unwrap() {
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{id}: {status}");
        }
        for status in ["4XX", "5XX"] {
            let problem = &about["responses"][status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{id}");
        }
        let (status, response) = success(&operation);
        // What is accepted may have nothing to show yet.
        assert!(status == 202 || (status == 204) == response.get("content").is_none(), "{id}: {response}");
        assert_eq!(
            operation.path.starts_with("/api/") && !operation.is_operators() && operation.demands("token"),
            operation.demands("tenant") && operation.demands("token"),
            "{id}"
        );
        assert!(!operation.security.is_empty(), "{id}");
    }
}

#[actix_web::test]
async fn every_schema_and_every_member_is_described_and_every_reference_leads_somewhere() {
    fn look(document: &Document, schema: &Value, place: &str, missing: &mut Vec<String>) {
        let (meant, _) = document.resolve(schema);
        let inner = ["oneOf", "allOf"].iter().filter_map(|group| meant[*group].as_array()).flatten();
        let is_described = schema.get("description").is_some() || inner.clone().any(|one| one.get("description").is_some());
        if !is_described {
            missing.push(place.to_owned());
        }
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            look(document, member, &format!("{place}.{name}"), missing);
        }
        for one in inner.filter(|one| one["properties"].is_object()) {
            for (name, member) in one["properties"].as_object().into_iter().flatten() {
                look(document, member, &format!("{place}.{name}"), missing);
            }
        }
        for (name, member) in schema["items"]["properties"].as_object().into_iter().flatten() {
            look(document, member, &format!("{place}[].{name}"), missing);
        }
    }
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
        match value {
            Value::Object(members) if members.contains_key("$ref") => found.push(value),
            Value::Object(members) => members.values().for_each(|member| references(member, found)),
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let world = World::start(Engine::Sqlite).await;
    let document = Document::of(&world).await;
    let mut missing = Vec::new();
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        look(&document, schema, name, &mut missing);
    }
    assert_eq!(missing, Vec::<String>::new());
    let mut found = Vec::new();
    references(&document.0, &mut found);
    assert!(found.len() > 100);
    for reference in found {
        document.resolve(reference);
    }
}

both_engines! {
    async fn every_example_works_on_the_demo_and_is_answered_as_the_document_says(world) {
        let document = Document::of(&world).await;
        for operation in document.operations() {
            // Each in a fresh demo, for one may take away what another needs.
            let demo = World::start(world.engine).await;
            let (status, response) = success(&operation);
            let id = operation.id.clone();
            let reply = try_out(&demo, &document, operation).await;
            assert_eq!(reply.status, status, "{id}: {}", reply.text);
            let Some((kind, content)) = response["content"].as_object().and_then(|content| content.iter().next()) else {
                assert_eq!(reply.text, "", "{id}");
                continue;
            };
            assert_eq!(reply.header("content-type").unwrap().split(';').next(), Some(kind.as_str()), "{id}");
            if kind == "application/json" {
                assert_eq!(breaches(&document, &content["schema"], &reply.body), Vec::<String>::new(), "{id}: {}", reply.text);
            }
        }
    }

    async fn what_is_sent_in_an_example_follows_its_own_schema(world) {
        let document = Document::of(&world).await;
        for operation in document.operations() {
            if let Some(body) = &operation.body {
                let schema = operation.about.pointer("/requestBody/content/application~1json/schema").unwrap();
                assert_eq!(breaches(&document, schema, body), Vec::<String>::new(), "{}", operation.id);
            }
        }
    }

    async fn problems_are_answered_as_the_document_says(world) {
        let document = Document::of(&world).await;
        let schema = json!({"$ref": "#/components/schemas/Problem"});
        let order = |quantity: i64| json!({"items": [{"product": 1, "quantity": quantity}], "address": "x"});
        for reply in [
            world.stranger().get("/api/products").await,
            world.anonymous(1).get("/api/orders").await,
            world.staff(1).get("/api/staff").await,
            world.owner(1).get("/api/products?limit=0").await,
            world.owner(1).get("/api/orders/999").await,
            world.owner(1).delete("/api/orders").await,
            world.customer(1, 1).post("/api/orders", order(0)).await,
            world.customer(1, 1).post("/api/orders", order(99_999)).await,
            world.owner(1).patch("/api/orders/3/status", json!({"status": "shipped"})).await,
        ] {
            assert!(reply.status >= 400, "{reply:?}");
            assert_eq!(breaches(&document, &schema, &reply.body), Vec::<String>::new(), "{}", reply.text);
        }
    }

    async fn if_match_is_documented_where_it_counts(world) {
        let document = Document::of(&world).await;
        let mut counted = 0;
        // Those of operators at the end: they shut others out. Whoever ends their own session has nothing more to say.
        let mut operations = document.api();
        operations.sort_by_key(Operation::is_operators);
        let is_tried = |operation: &Operation| operation.method != "GET" && operation.id != "end_session";
        for operation in operations.iter().filter(|operation| is_tried(operation) && operation.names_a_resource(&document)) {
            let reply = operation.call(&fit_for(&world, operation).await.with("if-match", "\"999\""), &operation.sample(&document)).await;
            let is_documented = operation.about["parameters"].as_array().unwrap().iter().any(|one| one["name"] == "If-Match");
            assert_eq!(reply.status == 412, is_documented, "{reply:?}");
            counted += usize::from(is_documented);
        }
        assert!(counted >= 6, "{counted}");
    }

    async fn swagger_ui_is_at_docs_and_shows_this_document(world) {
        let page = world.stranger().get("/docs/").await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-type").unwrap().starts_with("text/html") && page.text.contains("swagger-ui"), "{}", page.text);
        let redirected = world.stranger().get("/docs").await;
        assert_eq!((redirected.status, &redirected.text), (200, &page.text));
        let started = world.stranger().get("/docs/swagger-initializer.js").await;
        assert!(started.text.contains("/openapi.json") && started.text.contains("persistAuthorization"), "{}", started.text);
        for script in ["swagger-ui-bundle.js", "swagger-ui.css"] {
            assert_eq!(world.stranger().get(&format!("/docs/{script}")).await.status, 200, "{script}");
        }
        let schemes = Document::of(&world).await.0["components"]["securitySchemes"].clone();
        assert_eq!((&schemes["token"]["type"], &schemes["token"]["scheme"]), (&json!("http"), &json!("bearer")));
        assert_eq!((&schemes["tenant"]["in"], &schemes["tenant"]["name"]), (&json!("header"), &json!("X-Tenant-Domain")));
    }

    async fn the_type_of_a_problem_leads_to_its_entry_in_the_catalogue(world) {
        let page = world.stranger().get("/docs/problems").await;
        assert_eq!(page.status, 200);
        for code in Code::ALL {
            assert!(page.text.contains(&format!("id=\"{}\"", code.as_str())), "{}", code.as_str());
        }
        let problem = world.owner(1).get("/api/orders/999").await.problem(404, "not_found");
        assert_eq!(problem["type"], "/docs/problems#not_found");
    }
}

/// A test that expects a code names it, in `problem(…)`, in a table or as a member, always in quotes; and it fails when
/// the server does not answer it. So a code that no test names is one that no test produces.
#[test]
fn every_code_is_produced_by_some_test() {
    fn texts(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                texts(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut tests = Vec::new();
    texts(&root().join("tests"), &mut tests);
    let is_named = |code: &Code| tests.iter().any(|text| text.contains(&format!("\"{}\"", code.as_str())));
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !is_named(code)).map(|code| code.as_str()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}
