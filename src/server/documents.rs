//! The document itself, and answers for what is not in it: paths without a route, methods that a path does not have, and
//! what a problem's `type` leads to.

use crate::base::code::Code;
use crate::openapi;
use crate::problem::Problem;
use actix_web::error::InternalError;
use actix_web::http::header::ALLOW;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, ResponseError, get, web};
use std::fmt::Write as _;
use utoipa::openapi::OpenApi;

/// The OpenAPI document as it is sent: made once, not once for each worker.
pub(super) struct Document(Bytes);

impl Document {
    pub(super) fn of(document: &OpenApi) -> Self {
        Self(serde_json::to_vec(document).unwrap_or_default().into())
    }
}

/// The OpenAPI document.
#[get("/openapi.json")]
pub(super) async fn openapi_document(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

/// Which methods each path has.
pub(super) struct Methods(Vec<(String, Vec<&'static str>)>);

impl Methods {
    pub(super) fn of(document: &OpenApi) -> Self {
        let mut document = document.clone();
        let paths = &mut document.paths.paths;
        let methods = |item| {
            let mut methods: Vec<_> = openapi::operations(item).map(|(method, _)| method).collect();
            methods.sort_unstable();
            methods
        };
        Self(paths.iter_mut().map(|(path, item)| (path.clone(), methods(item))).collect())
    }

    /// Those of the template that fits best: `/api/orders/5/status` is a path of its own and no `{action}`.
    fn at(&self, path: &str) -> &[&'static str] {
        let fitting = self.0.iter().filter(|(template, _)| fits(template, path));
        fitting.min_by_key(|(template, _)| template.matches('{').count()).map_or(&[], |(_, methods)| methods)
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if part == text || (part.starts_with('{') && !text.is_empty()) => {}
            _ => return false,
        }
    }
}

/// 405 where another method would do, 404 elsewhere.
pub(super) async fn nothing_here(request: HttpRequest, methods: web::Data<Methods>) -> HttpResponse {
    refuse(&request, &methods)
}

/// The same where a route was found and its path turned out to be none: an id that cannot be, a word that is no action.
pub(super) fn no_such_path(request: &HttpRequest) -> actix_web::Error {
    let methods = request.app_data::<web::Data<Methods>>();
    let response = methods.map_or_else(|| Problem::not_found().error_response(), |methods| refuse(request, methods));
    InternalError::from_response("no such path", response).into()
}

fn refuse(request: &HttpRequest, methods: &Methods) -> HttpResponse {
    let allowed = methods.at(request.path());
    if allowed.is_empty() || allowed.contains(&request.method().as_str().to_lowercase().as_str()) {
        return Problem::not_found().error_response();
    }
    let allowed = allowed.join(", ").to_uppercase();
    let mut response = Problem::new(Code::MethodNotAllowed, format!("here there is only {allowed}")).error_response();
    if let Ok(value) = allowed.parse() {
        response.headers_mut().insert(ALLOW, value);
    }
    response
}

/// Where the `type` of a problem leads: the catalogue of codes.
#[get("/docs/problems")]
pub(super) async fn problems_page() -> HttpResponse {
    let mut rows = String::new();
    for code in Code::ALL {
        let (name, title, status) = (code.as_str(), code.title(), code.status());
        // Writing to a string cannot fail.
        let _ = write!(rows, "<tr id=\"{name}\"><td><code>{name}</code><td>{status}<td>{title}");
    }
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Stoa: problems</title><h1>Problems</h1>\
         <table><tr><th>code<th>status<th>meaning{rows}</table></html>"
    );
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_template_fits_any_text_in_its_place() {
        assert!(fits("/api/orders/{id}", "/api/orders/5"));
        assert!(!fits("/api/orders/{id}", "/api/orders/"));
        assert!(!fits("/api/orders/{id}", "/api/orders/5/history"));
        assert!(!fits("/api/orders", "/api/products"));
    }
}
