//! The OpenAPI document: what the route tree cannot say by itself, added once for every operation.

use crate::access::Permission;
use crate::base::code::{Code, FieldError};
use crate::catalog::Shortage;
use crate::identity::VendorRef;
use crate::orders::Status;
use crate::problem::ProblemBody;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, SchemaType, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{Modify, OpenApi as _, ToSchema};

/// The document before the routes are added.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Stoa",
        description = "Many shops under one roof, safely apart.\n\n\
            Every request names its vendor: by the header `X-Tenant-Domain`, or by `Host`. Sign in with `POST /api/auth/login`, \
            press *Authorize*, and enter the access token as `token` and the vendor's domain as `tenant`. \
            On the demo data: `owner1`, `vendor1_staff1` or `vendor1_customer1`, password `password123`, at `vendor1.example.com`.\n\n\
            Errors are problems (RFC 9457) with a stable `code`. Lists are pages: pass `next` on as `cursor`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact(),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "Auth", description = "Registering, signing in, and who you are."),
        (name = "Vendor", description = "The shop itself."),
        (name = "Team", description = "Who works for the vendor."),
        (name = "Products", description = "What the vendor sells."),
        (name = "Orders", description = "What customers asked for."),
        (name = "Customers", description = "Who buys at the vendor."),
        (name = "Operation", description = "How the server is."),
    ),
    security(("token" = [], "tenant" = [])),
    components(schemas(ProblemBody<'static>, Particulars, FieldError, Code)),
    modifiers(&Schemes),
)]
struct Base;

/// What some codes tell besides; part of the schema of problems.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the members are given where the refusals are made; here is only their schema")]
struct Particulars {
    /// With `permission_denied`: the permissions of which a member needs one.
    #[schema(required = false)]
    required_any_of: Vec<Permission>,
    /// With `insufficient_stock`: what there is not enough of.
    #[schema(required = false)]
    products: Vec<Shortage>,
    /// With `stock_changed`: how many pieces there are.
    #[schema(required = false)]
    available: i64,
    /// With `illegal_transition`: where the order is.
    #[schema(required = false)]
    from: Status,
    /// With `illegal_transition`: where it should have gone.
    #[schema(required = false)]
    to: Status,
    /// With `illegal_transition`: where it may go.
    #[schema(required = false)]
    allowed: Vec<Status>,
    /// With `precondition_failed`: the version that there is now.
    #[schema(required = false)]
    version: i64,
    /// With `vendor_choice_required`: the vendors to choose from.
    #[schema(required = false)]
    vendors: Vec<VendorRef>,
}

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The access token of `POST /api/auth/login`. The scopes name the permission that a member needs."))
            .build();
        let tenant = ApiKeyValue::with_description("X-Tenant-Domain", "The vendor's domain, such as `vendor1.example.com`.");
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components.add_security_scheme("tenant", SecurityScheme::ApiKey(ApiKey::Header(tenant)));
    }
}

/// The document that the routes are added to.
pub fn base() -> OpenApi {
    Base::openapi()
}

/// The finished document: every operation can refuse with a problem, no response is without a description, and the schemas
/// are such that generated clients are a pleasure to work with.
pub fn finish(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            for response in operation.responses.responses.values_mut() {
                if let RefOr::T(response) = response
                    && response.description.is_empty()
                {
                    "Success".clone_into(&mut response.description);
                }
            }
            for status in ["4XX", "5XX"] {
                operation.responses.responses.insert(status.to_owned(), RefOr::T(problem(status)));
            }
        }
    }
    let asked = asked_for(&mut document);
    if let Some(components) = &mut document.components {
        particularise(&mut components.schemas);
        name_items(&mut components.schemas);
        for (name, schema) in &mut components.schemas {
            if !asked.contains(name) {
                promise(schema);
            }
        }
    }
    document
}

fn problem(status: &str) -> Response {
    let (whose, code, detail) = match status {
        "4XX" => ("The request cannot be done", Code::NotFound, "there is nothing here, or nothing that you may see"),
        _ => ("The server cannot do it now", Code::Busy, "the database has too much to do; try again"),
    };
    let example = json!({
        "type": format!("/docs/problems#{}", code.as_str()), "title": code.title(), "status": code.status(), "detail": detail,
        "code": code, "request_id": "4ff54815d26b1c19f1d8432d9fb8afaf",
    });
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(Some(example)).build();
    ResponseBuilder::new().description(whose).content("application/problem+json", content).build()
}

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// The schemas that requests are made of, as against those of answers alone.
fn asked_for(document: &mut OpenApi) -> BTreeSet<String> {
    let mut todo = Vec::new();
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            let (parameters, body) = (serde_json::to_value(&operation.parameters), serde_json::to_value(&operation.request_body));
            todo.extend(parameters);
            todo.extend(body);
        }
    }
    let schemas = document.components.as_ref().map(|components| &components.schemas);
    let mut found = BTreeSet::new();
    while let Some(value) = todo.pop() {
        match value {
            Value::Object(members) => {
                if let Some(name) = members.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next())
                    && found.insert(name.to_owned())
                {
                    todo.extend(schemas.and_then(|schemas| serde_json::to_value(schemas.get(name)?).ok()));
                }
                todo.extend(members.into_iter().map(|(_, member)| member));
            }
            Value::Array(items) => todo.extend(items),
            _ => {}
        }
    }
    found
}

/// Adds to problems what only some of them tell.
fn particularise(schemas: &mut Schemas) {
    if let Some(RefOr::T(Schema::Object(particulars))) = schemas.remove("Particulars")
        && let Some(RefOr::T(Schema::Object(problem))) = schemas.get_mut("Problem")
    {
        problem.properties.extend(particulars.properties);
    }
}

/// Has pages refer to what they are pages of: utoipa writes it out in each.
fn name_items(schemas: &mut Schemas) {
    let mut written_out = Vec::new();
    for (name, schema) in schemas.iter_mut() {
        if let Some(item) = name.strip_prefix("Page_")
            && let RefOr::T(Schema::Object(page)) = schema
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            let named = RefOr::Ref(Ref::from_schema_name(item));
            if let ArrayItems::RefOrSchema(schema) = std::mem::replace(&mut items.items, named.into()) {
                written_out.push((item.to_owned(), *schema));
            }
        }
    }
    for (name, schema) in written_out {
        schemas.entry(name).or_insert(schema);
    }
}

/// An answer has all its members always: what may be null is null then, and not absent.
fn promise(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let is_there = |(name, member): &(&String, &RefOr<Schema>)| object.required.contains(name) || may_be_null(member);
            object.required = object.properties.iter().filter(is_there).map(|(name, _)| name.clone()).collect();
        }
        RefOr::T(Schema::AllOf(parts)) => parts.items.iter_mut().for_each(promise),
        _ => {}
    }
}

fn may_be_null(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => match &object.schema_type {
            SchemaType::Type(only) => *only == Type::Null,
            SchemaType::Array(types) => types.contains(&Type::Null),
            SchemaType::AnyValue => false,
        },
        RefOr::T(Schema::OneOf(choice)) => choice.items.iter().any(may_be_null),
        _ => false,
    }
}

/// The operations of a path, by method.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [("get", &mut item.get), ("post", &mut item.post), ("put", &mut item.put), ("patch", &mut item.patch), ("delete", &mut item.delete)]
        .into_iter()
        .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}
