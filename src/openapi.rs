//! The OpenAPI document: what the route tree cannot say by itself, added once for every operation.

mod clients;
mod text;

use crate::base::code::{Code, FieldError};
use crate::problem::ProblemBody;
use serde_json::json;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

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
        (name = "Domains", description = "Under which names the shop is found."),
        (name = "Team", description = "Who works for the vendor."),
        (name = "Products", description = "What the vendor sells."),
        (name = "Orders", description = "What customers asked for."),
        (name = "Customers", description = "Who buys at the vendor."),
        (name = "Analytics", description = "How business goes."),
        (name = "API keys", description = "What programs call with."),
        (name = "Audit", description = "Who did what."),
        (name = "Operator", description = "What those who run the platform see and do, across all vendors. They sign in without a vendor."),
        (name = "Operation", description = "How the server is."),
    ),
    security(("token" = [], "tenant" = [])),
    components(schemas(ProblemBody<'static>, clients::Particulars, FieldError, Code)),
    modifiers(&Schemes),
)]
struct Base;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some("The access token of `POST /api/auth/login`, or an API key (`sk_…`), which names its vendor by itself. The scopes name the permission that a member needs."))
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

/// The finished document: every operation can refuse with a problem, no response is without a description, and every
/// text that is sent has its pattern.
pub fn finish(mut document: OpenApi) -> OpenApi {
    text::describe(&mut document);
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
    clients::please(&mut document);
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

/// The operations of a path, by method.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [("get", &mut item.get), ("post", &mut item.post), ("put", &mut item.put), ("patch", &mut item.patch), ("delete", &mut item.delete)]
        .into_iter()
        .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}
