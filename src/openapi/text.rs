//! What every text that is sent has in common, written into each of them: it has no control characters, and where it
//! must not be empty, it must not be blank. A text with a pattern of its own says so itself.

use super::operations;
use crate::base::shape::{NOT_BLANK, PARAMETER, TEXT};
use std::collections::BTreeSet;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{ArrayItems, KnownFormat, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Object, OpenApi, RefOr, Schema};

/// Writes it into the bodies and the query parameters of the document.
pub(super) fn describe(document: &mut OpenApi) {
    let mut sent = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            parameters(operation);
            for schema in bodies(operation) {
                visit(schema, &mut |_| (), &mut |name| sent.extend([name.to_owned()]));
            }
        }
    }
    let Some(components) = &mut document.components else { return };
    let mut waiting: Vec<_> = sent.iter().cloned().collect();
    while let Some(name) = waiting.pop() {
        let Some(schema) = components.schemas.get_mut(&name) else { continue };
        visit(schema, &mut text_of_a_body, &mut |inner| {
            if sent.insert(inner.to_owned()) {
                waiting.push(inner.to_owned());
            }
        });
    }
}

fn bodies(operation: &mut Operation) -> impl Iterator<Item = &mut RefOr<Schema>> {
    let body = match &mut operation.request_body {
        Some(RefOr::T(body)) => Some(body),
        _ => None,
    };
    body.into_iter().flat_map(|body| body.content.values_mut()).filter_map(|content| match content {
        RefOr::T(content) => content.schema.as_mut(),
        RefOr::Ref(_) => None,
    })
}

fn parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(Parameter { parameter_in: ParameterIn::Query, schema: Some(schema), .. }) = parameter {
            visit(schema, &mut |text| set_pattern(text, PARAMETER), &mut |_| ());
        }
    }
}

fn text_of_a_body(text: &mut Object) {
    set_pattern(text, if text.min_length.unwrap_or_default() > 0 { NOT_BLANK } else { TEXT });
}

fn set_pattern(text: &mut Object, pattern: &str) {
    if text.pattern.is_none() {
        text.pattern = Some(pattern.to_owned());
    }
}

/// Shows `text` every free text in a schema, and `reference` the name of every other schema that it mentions.
fn visit(schema: &mut RefOr<Schema>, text: &mut impl FnMut(&mut Object), reference: &mut impl FnMut(&str)) {
    let schema = match schema {
        RefOr::T(schema) => schema,
        RefOr::Ref(to) => return reference(to.ref_location.rsplit('/').next().unwrap_or_default()),
    };
    match schema {
        Schema::Object(object) => {
            if is_free_text(object) {
                text(object);
            }
            object.properties.values_mut().for_each(|member| visit(member, text, reference));
        }
        Schema::Array(list) => {
            if let ArrayItems::RefOrSchema(item) = &mut list.items {
                visit(item, text, reference);
            }
        }
        Schema::OneOf(group) => group.items.iter_mut().for_each(|one| visit(one, text, reference)),
        Schema::AllOf(group) => group.items.iter_mut().for_each(|one| visit(one, text, reference)),
        Schema::AnyOf(group) => group.items.iter_mut().for_each(|one| visit(one, text, reference)),
        _ => {}
    }
}

fn is_free_text(object: &Object) -> bool {
    let is_text = match &object.schema_type {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    };
    let has_form = object.format.as_ref().is_some_and(|format| *format == SchemaFormat::KnownFormat(KnownFormat::DateTime));
    is_text && object.enum_values.is_none() && !has_form
}
