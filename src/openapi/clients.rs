//! What makes the document a pleasure for those who have a client generated from it, or who try things out in Swagger UI.

use super::operations;
use crate::access::Permission;
use crate::base::money::Money;
use crate::catalog::Shortage;
use crate::identity::VendorRef;
use crate::orders::Status;
use crate::orders::returns::ReturnStatus;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ArrayItems, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Pages refer to what they hold, problems tell all that they may tell, answers promise all that they always have, and nothing
/// is filled in that filters.
pub(super) fn please(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for (_, operation) in operations(item) {
            operation.parameters.iter_mut().flatten().for_each(leave_open);
        }
    }
    let asked = asked_for(document);
    if let Some(components) = &mut document.components {
        particularise(&mut components.schemas);
        name_items(&mut components.schemas);
        for (_, schema) in components.schemas.iter_mut().filter(|(name, _)| !asked.contains(*name)) {
            promise(schema);
        }
    }
}

/// Says in words what may stand in the query: Swagger UI would fill an example in, and so show less than there is.
fn leave_open(parameter: &mut RefOr<Parameter>) {
    let RefOr::T(parameter) = parameter else { return };
    if parameter.parameter_in != ParameterIn::Query {
        return;
    }
    if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
        schema.example = None;
        schema.examples.clear();
    }
    // A parameter keeps its example to itself, but for how it is written.
    let example = serde_json::to_value(&*parameter).ok().and_then(|mut written| written.get_mut("example").map(Value::take));
    if let Some(example) = example {
        let example = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
        let description = format!("{} Such as `{example}`.", parameter.description.as_deref().unwrap_or_default());
        *parameter = ParameterBuilder::from(std::mem::take(parameter)).description(Some(description)).example(None).build();
    }
}

/// Where an order or a return is, or may go: the words of both.
#[allow(dead_code, clippy::allow_attributes, reason = "only its schema is of use")]
pub(super) struct TransitionStatus;

impl PartialSchema for TransitionStatus {
    fn schema() -> RefOr<Schema> {
        let words = Status::ALL.iter().map(|word| word.as_str()).chain(ReturnStatus::ALL.iter().map(|word| word.as_str()));
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Where an order or a return is, or may go."))
            .enum_values(Some(words))
            .into()
    }
}
impl ToSchema for TransitionStatus {}

/// What some codes tell besides; part of the schema of problems.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the members are given where the refusals are made; here is only their schema")]
pub(super) struct Particulars {
    /// With `permission_denied`: the permissions of which a member needs one.
    #[schema(required = false)]
    required_any_of: Vec<Permission>,
    /// With `permission_denied`: the permissions that would be handed out, or taken from somebody, without having them oneself.
    #[schema(required = false)]
    missing: Vec<Permission>,
    /// With `insufficient_stock`: what there is not enough of.
    #[schema(required = false)]
    products: Vec<Shortage>,
    /// With `stock_changed`: how many pieces there are.
    #[schema(required = false)]
    available: i64,
    /// With `illegal_transition`: where the order or the return is.
    #[schema(required = false)]
    from: TransitionStatus,
    /// With `illegal_transition`: where it should have gone.
    #[schema(required = false)]
    to: TransitionStatus,
    /// With `illegal_transition`: where it may go.
    #[schema(required = false)]
    allowed: Vec<TransitionStatus>,
    /// With `overpaid`: what is still to be paid.
    #[schema(required = false)]
    due: Money,
    /// With `overrefunded`: what can still be given back.
    #[schema(required = false)]
    refundable: Money,
    /// With `precondition_failed`: the version that there is now.
    #[schema(required = false)]
    version: i64,
    /// With `vendor_choice_required`: the vendors to choose from.
    #[schema(required = false)]
    vendors: Vec<VendorRef>,
}

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
