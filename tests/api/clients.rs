//! The document as those see it who have a client generated from it: every member has a type, and one that is worth having.

use crate::contract::breaches;
use crate::document::Document;
use crate::support::{Engine, World};
use serde_json::Value;

/// Every schema in the document, those within others included, with the place where it stands.
fn schemas(document: &Document) -> Vec<(String, &Value)> {
    fn walk<'a>(place: &str, value: &'a Value, found: &mut Vec<(String, &'a Value)>) {
        if value["type"].is_string() || value["type"].is_array() {
            found.push((place.to_owned(), value));
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter().filter(|(name, _)| !["example", "examples", "default"].contains(&name.as_str())) {
                    walk(&format!("{place}/{name}"), member, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(place, item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk("", &document.0["components"]["schemas"], &mut found);
    walk("", &document.0["paths"], &mut found);
    assert!(found.len() > 200, "{}", found.len());
    found
}

async fn document() -> Document {
    Document::of(&World::start(Engine::Sqlite).await).await
}

/// Without either, a generated type is an object that nothing can be put into.
#[actix_web::test]
async fn an_object_says_what_is_in_it_or_that_anything_may_be() {
    let document = document().await;
    let is_riddle =
        |schema: &Value| schema["type"] == "object" && schema.get("properties").or(schema.get("additionalProperties")).is_none();
    let riddles: Vec<_> = schemas(&document).into_iter().filter(|(_, schema)| is_riddle(schema)).map(|(place, _)| place).collect();
    assert_eq!(riddles, Vec::<String>::new());
}

/// Generators take a member with a default for one that is always there, and ask for it in requests.
#[actix_web::test]
async fn what_may_be_left_out_has_no_default() {
    let document = document().await;
    let with_default: Vec<_> =
        schemas(&document).into_iter().filter(|(_, schema)| schema.get("default").is_some()).map(|(place, _)| place).collect();
    assert_eq!(with_default, Vec::<String>::new());
}

#[actix_web::test]
async fn a_page_refers_to_what_it_is_a_page_of() {
    let document = document().await;
    let mut pages = 0;
    for (name, schema) in document.0["components"]["schemas"].as_object().unwrap() {
        if let Some(item) = name.strip_prefix("Page_") {
            assert_eq!(schema["properties"]["items"]["items"]["$ref"], format!("#/components/schemas/{item}"));
            pages += 1;
        }
    }
    assert!(pages >= 5, "{pages}");
}

/// An answer says null rather than nothing: a client then has to think of one case, not of two.
#[actix_web::test]
async fn what_may_be_null_in_an_answer_is_never_absent() {
    fn look(document: &Document, schema: &Value, place: &str, absent: &mut Vec<String>) {
        let (meant, name) = document.resolve(schema);
        // Of an address, only what was given is kept; in a request, the same schema leaves it open.
        if name == "PostalAddress" {
            return;
        }
        for (member, inner) in meant["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}/{member}");
            if !meant["required"].as_array().is_some_and(|required| required.iter().any(|one| one == member.as_str())) {
                absent.push(place.clone());
            }
            look(document, inner, &place, absent);
        }
        look_into(document, &meant["items"], place, absent);
        for part in ["allOf", "oneOf"].iter().filter_map(|group| meant[*group].as_array()).flatten() {
            look_into(document, part, place, absent);
        }
    }
    fn look_into(document: &Document, schema: &Value, place: &str, absent: &mut Vec<String>) {
        if schema.is_object() {
            look(document, schema, place, absent);
        }
    }
    let document = document().await;
    let mut absent = Vec::new();
    for operation in document.api() {
        for (_, response) in operation.about["responses"].as_object().unwrap().iter().filter(|(status, _)| status.starts_with('2')) {
            look_into(&document, &response["content"]["application/json"]["schema"], &operation.id, &mut absent);
        }
    }
    assert_eq!(absent, Vec::<String>::new());
}

#[actix_web::test]
async fn an_example_is_one_of_its_schema() {
    let document = document().await;
    let mut examples = 0;
    for (place, schema) in schemas(&document) {
        if let Some(example) = schema.get("example") {
            assert_eq!(breaches(&document, schema, example), Vec::<String>::new(), "{place}: {example}");
            examples += 1;
        }
    }
    for content in document.operations().iter().flat_map(|operation| operation.about["responses"].as_object().unwrap().values()) {
        for (kind, content) in content["content"].as_object().into_iter().flatten().filter(|(_, content)| content.get("example").is_some())
        {
            assert_eq!(breaches(&document, &content["schema"], &content["example"]), Vec::<String>::new(), "{kind}");
            examples += 1;
        }
    }
    assert!(examples >= 100, "{examples}");
}

/// Swagger UI fills examples in, and whoever presses Execute would see less than there is.
#[actix_web::test]
async fn nothing_is_filled_in_that_filters() {
    let document = document().await;
    let mut parameters = 0;
    for parameter in document.operations().iter().flat_map(|operation| operation.query.clone()) {
        let schema = &parameter["schema"];
        assert!([parameter.get("example"), schema.get("example"), schema.get("examples")] == [None; 3], "{parameter}");
        parameters += 1;
    }
    assert!(parameters >= 20, "{parameters}");
}
