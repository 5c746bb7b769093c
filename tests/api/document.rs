//! The OpenAPI document of a running server, as the tests walk it: so a route added tomorrow is tested tomorrow.

use crate::support::{Client, Reply, World};
use crate::totp;
use reqwest::Method;
use serde_json::{Map, Value, json};

pub struct Document(pub Value);

/// One operation of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    /// What it says about itself.
    pub about: Value,
    /// Each way in: the schemes that are needed together, with their scopes.
    pub security: Vec<Map<String, Value>>,
    /// The parameters in the path: name and schema.
    pub places: Vec<(String, Value)>,
    /// The body that the document shows.
    pub body: Option<Value>,
    /// The file that the document shows, where one is sent.
    pub file: Option<String>,
    /// The parameters in the query string.
    pub query: Vec<Value>,
}

fn name_of(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap()
}

impl Document {
    /// What the server says of itself.
    pub async fn of(world: &World) -> Self {
        Self(world.stranger().get("/openapi.json").await.expect(200))
    }

    /// Every operation there is.
    pub fn operations(&self) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().unwrap();
        let all: Vec<_> = paths
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, about)| (path, method, about)))
            .map(|(path, method, about)| self.operation(path, method, about))
            .collect();
        assert!(all.len() >= 30, "the document has lost operations: {}", all.len());
        all
    }

    /// Those under `/api`.
    pub fn api(&self) -> Vec<Operation> {
        self.operations().into_iter().filter(|operation| operation.path.starts_with("/api/")).collect()
    }

    fn operation(&self, path: &str, method: &str, about: &Value) -> Operation {
        let security = about.get("security").unwrap_or(&self.0["security"]).as_array().unwrap();
        let parameters = about["parameters"].as_array().cloned().unwrap_or_default();
        let found = |place: &str| parameters.iter().filter(|one| one["in"] == place).cloned().collect::<Vec<_>>();
        let mut places: Vec<_> =
            found("path").into_iter().map(|one| (one["name"].as_str().unwrap().to_owned(), with_example(&one))).collect();
        let position = |name: &str| path.find(&format!("{{{name}}}"));
        places.sort_by_key(|(name, _)| position(name));
        let schema = about.pointer("/requestBody/content/application~1json/schema");
        Operation {
            id: about["operationId"].as_str().unwrap_or_default().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path: path.to_owned(),
            about: about.clone(),
            security: security.iter().map(|way| way.as_object().unwrap().clone()).collect(),
            places,
            body: schema.map(|schema| self.example(schema)),
            file: about.pointer("/requestBody/content/text~1csv/example").map(plain),
            query: found("query"),
        }
    }

    /// The schema that is meant, and the name it goes by.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> (&'a Value, &'a str) {
        match schema["$ref"].as_str() {
            None => (schema, ""),
            Some(reference) => {
                let name = name_of(reference);
                let found = &self.0["components"]["schemas"][name];
                assert!(found.is_object(), "{reference} leads nowhere");
                (found, name)
            }
        }
    }

    /// The example of a schema; where it has none, one made of its required members' examples.
    pub fn example(&self, schema: &Value) -> Value {
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        let (schema, name) = self.resolve(schema);
        if let Some(example) = schema.get("example").or_else(|| schema["examples"].get(0)) {
            return example.clone();
        }
        if let Some(word) = schema["enum"].get(0) {
            return word.clone();
        }
        if let Some(one) = schema["oneOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
            return self.example(one);
        }
        let required = schema["required"].as_array().unwrap_or_else(|| panic!("{name} has no example: {schema}"));
        let member = |member: &Value| {
            let member = member.as_str().unwrap();
            (member.to_owned(), self.example(&schema["properties"][member]))
        };
        Value::Object(required.iter().map(member).collect())
    }

    /// The name of the id type that a path parameter is of, such as `ProductId`; empty when it names no resource.
    pub fn resource<'a>(&'a self, schema: &'a Value) -> &'a str {
        let (meant, name) = self.resolve(schema);
        if meant["type"] == "integer" { name } else { "" }
    }
}

fn with_example(parameter: &Value) -> Value {
    let mut schema = parameter["schema"].clone();
    if let Some(example) = parameter.get("example") {
        schema["example"] = example.clone();
    }
    schema
}

impl Operation {
    /// Whether every way in has this scheme: `token` or `tenant`.
    pub fn demands(&self, scheme: &str) -> bool {
        self.security.iter().all(|way| way.contains_key(scheme))
    }

    /// The permissions of which a member needs one, sorted.
    pub fn scopes(&self) -> Vec<String> {
        let mut scopes: Vec<_> = self
            .security
            .iter()
            .filter_map(|way| way.get("token"))
            .flat_map(|scopes| scopes.as_array().unwrap())
            .map(|scope| scope.as_str().unwrap().to_owned())
            .collect();
        scopes.sort();
        scopes
    }

    /// Whether it is for customers alone, who do it with what is theirs.
    pub fn is_for_customers(&self) -> bool {
        self.id == "list_my_orders" || self.path.starts_with("/api/addresses")
    }

    /// Whether it is for the operators of the platform, who belong to no vendor and see all of them.
    pub fn is_operators(&self) -> bool {
        self.path.starts_with("/api/admin/")
    }

    /// Whether an id of a resource stands in its path.
    pub fn names_a_resource(&self, document: &Document) -> bool {
        self.places.iter().any(|(_, schema)| !document.resource(schema).is_empty())
    }

    /// Its path, with `fill` in the places.
    pub fn at(&self, mut fill: impl FnMut(&str, &Value) -> String) -> String {
        self.places.iter().fold(self.path.clone(), |path, (name, schema)| path.replace(&format!("{{{name}}}"), &fill(name, schema)))
    }

    /// Its path as the document's examples have it.
    pub fn sample(&self, document: &Document) -> String {
        self.at(|_, schema| plain(&document.example(schema)))
    }

    /// Puts what no document can show in the place of what its example shows: tokens and codes of `who` that are good now.
    pub async fn freshen(&mut self, world: &World, who: &Client) {
        let Some(body) = &mut self.body else { return };
        match self.id.as_str() {
            "refresh" | "logout" => body["refresh"] = world.sign_in(1, "owner1", "password123").await.1.into(),
            "reset_password" => {
                world.anonymous(1).post("/api/auth/password/forgot", json!({"username": "owner1"})).await.expect(202);
                body["token"] = world.last_mailed_token("password_reset").into();
            }
            "verify_email" => {
                let (owner, _) = world.sign_in(1, "owner1", "password123").await;
                owner.post("/api/auth/email/resend", json!({})).await.expect(202);
                body["token"] = world.last_mailed_token("email_verification").into();
            }
            "confirm_totp" => {
                if let Some(secret) = totp::begin(who).await {
                    body["code"] = totp::code(world, &secret, 0).into();
                }
            }
            "disable_totp" | "renew_recovery_codes" => {
                if let Some(secret) = totp::begin(who).await {
                    who.post("/api/auth/totp/confirm", json!({ "code": totp::code(world, &secret, 0) })).await.expect(200);
                    body["code"] = totp::code(world, &secret, 1).into();
                }
            }
            _ => {}
        }
    }

    /// Has `who` call it at `path`, with the body that the document shows.
    pub async fn call(&self, who: &Client, path: &str) -> Reply {
        if let Some(file) = &self.file {
            return who.send_raw(self.method.clone(), path, file.clone().into_bytes(), Some("text/csv")).await;
        }
        who.send(self.method.clone(), path, self.body.clone()).await
    }
}

/// A value as it stands in a URL.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A problem without what differs from request to request.
pub fn without_request_id(reply: &Reply) -> Value {
    let mut body = reply.body.clone();
    assert!(body["request_id"].take().is_string(), "{}: {}", reply.call, reply.text);
    json!({ "status": reply.status, "body": body })
}
