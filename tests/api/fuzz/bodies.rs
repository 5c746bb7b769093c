//! Whole requests to every operation of the document, with bodies that were made from its examples and then spoilt: whatever
//! is sent, the answer is one that the document knows, and never that something went wrong on our side.

use super::holds_there;
use super::written::{self, Edit, Written};
use crate::contract::{Shape, success};
use crate::document::{Document, Operation, plain};
use crate::operators::operator;
use crate::support::{Client, Reply, World};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use stoa::base::code::Code;

/// A world with all that is known about its operations.
pub struct Known {
    pub world: World,
    document: Document,
    pub operations: Vec<Arc<Operation>>,
    successes: HashMap<String, (u16, Option<Shape>)>,
    problem: Shape,
    people: Vec<(&'static str, Client)>,
}

impl Known {
    pub async fn of(world: World) -> Self {
        let document = Document::of(&world).await;
        let operations: Vec<_> = document.api().into_iter().map(Arc::new).collect();
        let shape = |operation: &Operation| {
            let (status, response) = success(operation);
            (status, response.pointer("/content/application~1json/schema").map(|schema| Shape::of(&document, schema)))
        };
        let people = vec![
            ("owner", world.owner(1)),
            ("staff", world.staff(1)),
            ("customer", world.customer(1, 1)),
            ("anybody", world.anonymous(1)),
            ("operator", operator(&world).await.at("vendor1.example.com")),
        ];
        Self {
            successes: operations.iter().map(|operation| (operation.id.clone(), shape(operation))).collect(),
            problem: Shape::of(&document, &json!({"$ref": "#/components/schemas/Problem"})),
            document,
            operations,
            people,
            world,
        }
    }

    /// Whether the document says that the operation may be answered like this.
    pub fn knows(&self, operation: &Operation, reply: &Reply, may_be_known: bool) -> TestCaseResult {
        let Reply { status, text, body, .. } = reply;
        let (good, shape) = &self.successes[&operation.id];
        if status == good {
            if let Some(shape) = shape {
                prop_assert_eq!(shape.breaches(&self.document, body), Vec::<String>::new(), "{}", text);
            } else {
                prop_assert_eq!(text, "");
            }
        } else if *status == 304 {
            prop_assert!(may_be_known && text.is_empty() && operation.method == "GET", "{:?}", reply);
        } else {
            prop_assert!((400..500).contains(status), "{:?}", reply);
            let code = Code::ALL.iter().find(|code| body["code"] == code.as_str());
            prop_assert_eq!(code.map(|code| code.status()), Some(*status), "{:?}", reply);
            prop_assert_eq!(reply.header("content-type"), Some("application/problem+json"));
            prop_assert_eq!(body["request_id"].as_str(), reply.header("x-request-id"));
            prop_assert_eq!(self.problem.breaches(&self.document, body), Vec::<String>::new(), "{}", text);
        }
        Ok(())
    }
}

/// What may happen to the bytes of a body on their way.
#[derive(Clone, Debug)]
enum Noise {
    Nothing,
    End(Index),
    Flip(Index, u8),
    Before(&'static [u8]),
    After(&'static [u8]),
}

impl Noise {
    fn make(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let length = bytes.len();
        match self {
            Self::End(at) => bytes.truncate(at.index(length + 1)),
            Self::Flip(at, bits) if length > 0 => bytes[at.index(length)] ^= bits,
            Self::Before(more) => drop(bytes.splice(0..0, more.iter().copied())),
            Self::After(more) => bytes.extend_from_slice(more),
            Self::Nothing | Self::Flip(..) => {}
        }
        bytes
    }
}

fn noise() -> impl Strategy<Value = Noise> {
    prop_oneof![
        12 => Just(Noise::Nothing),
        1 => any::<Index>().prop_map(Noise::End),
        1 => (any::<Index>(), 1..=255_u8).prop_map(|(at, bits)| Noise::Flip(at, bits)),
        1 => select(vec![&b"\xef\xbb\xbf"[..], b" \r\n\t", b"\xff\xfe", b"\0", b")]}',\n"]).prop_map(Noise::Before),
        1 => select(vec![&b" \n"[..], b"\0", b"{}", b",", b"\xff", b"null"]).prop_map(Noise::After),
    ]
}

/// A request as it is sent.
#[derive(Clone)]
struct Call {
    operation: Arc<Operation>,
    who: usize,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    kind: Option<&'static str>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, who, path, headers, body, kind } = self;
        write!(f, "{} {path} (person {who}, {kind:?}, {headers:?}): {}", operation.method, body.escape_ascii())
    }
}

const HASHING: [&str; 5] = ["accept_invitation", "register", "login", "change_password", "reset_password"];

/// What would shut the shop, or the door on those who look afterwards at what there is, is done to others; and so is what would wait
/// for a DNS, which there is none of here.
const DONE_TO_OTHERS: [(&str, &str); 7] = [
    ("verify_domain", "4"),
    ("anonymize_customer", "2"),
    ("replace_vendor", "2"),
    ("edit_vendor_record", "2"),
    ("suspend_vendor", "2"),
    ("edit_user", "4"),
    ("end_session", "4"),
];

fn header() -> impl Strategy<Value = (&'static str, String)> {
    let visible = "[ -~]{0,40}";
    prop_oneof![
        2 => (Just("if-match"), prop_oneof![select(vec!["*", "\"1\"", "\"2\"", "W/\"1\"", "\"1\", \"2\"", "1", "\"", ""]).prop_map(str::to_owned), visible.prop_map(String::from)]),
        2 => (Just("if-none-match"), prop_oneof![select(vec!["*", "\"1\"", "W/\"2-team\"", ",,", ""]).prop_map(str::to_owned), visible.prop_map(String::from)]),
        3 => (Just("idempotency-key"), prop_oneof!["[a-c]", visible.prop_map(String::from), "x{250,260}"]),
        1 => (Just("x-request-id"), visible.prop_map(String::from)),
        1 => (Just("accept-encoding"), select(vec!["br", "identity", "identity;q=0", "*;q=0", ""]).prop_map(str::to_owned)),
    ]
}

fn calls(operations: Vec<Arc<Operation>>, sample: Arc<HashMap<String, String>>) -> impl Strategy<Value = Call> {
    // Hashing takes its time, so it is not tried as often.
    let often: Vec<_> = operations.iter().filter(|one| one.body.is_some() && !HASHING.contains(&one.id.as_str())).cloned().collect();
    let seldom: Vec<_> = operations.iter().filter(|one| one.body.is_none() || HASHING.contains(&one.id.as_str())).cloned().collect();
    let operation = prop_oneof![8 => select(often), 1 => select(seldom)];
    let id = prop_oneof![6 => (1..17_i64).prop_map(|id| id.to_string()), 1 => select(vec!["0", "-1", "x", "9223372036854775807", "99999999999999999999", "1%00", "%ff"]).prop_map(str::to_owned)];
    let kind = prop_oneof![20 => Just(Some("application/json")), 1 => select(vec![None, Some("application/json; charset=utf-8"), Some("text/plain"), Some("application/merge-patch+json"), Some(";")])];
    let whole = prop_oneof![10 => Just(None), 1 => written::anything().prop_map(Some)];
    let who = prop_oneof![6 => Just(0_usize), 2 => Just(2), 2 => 0..5_usize];
    (operation, who, proptest::option::weighted(0.4, id), vec(header(), 0..2), whole, vec(written::edits(), 0..4), noise(), kind).prop_map(
        move |(operation, who, id, headers, whole, edits, noise, kind)| {
            let body = body(&operation, whole, &edits);
            // An operator could shut the shop, and then there is nothing more to see.
            let who = if operation.id == "edit_vendor" { 0 } else { who };
            let spared = DONE_TO_OTHERS.iter().find(|(one, _)| *one == operation.id);
            let path = match spared.map(|(_, other)| (*other).to_owned()).or(id) {
                Some(id) => ["{id}", "{payment_id}", "{return_id}", "{refund_id}"]
                    .iter()
                    .fold(operation.path.replace("{action}", "cancel"), |path, place| path.replace(place, &id)),
                None => sample[&operation.id].clone(),
            };
            Call { path, who, headers, body: noise.make(body), kind, operation }
        },
    )
}

fn body(operation: &Operation, whole: Option<Written>, edits: &[Edit]) -> Vec<u8> {
    let mut written = whole.unwrap_or_else(|| Written::from(operation.body.as_ref().unwrap_or(&Value::Null)));
    for edit in edits {
        written.edit(edit);
    }
    written.to_string().into_bytes()
}

async fn call(known: &Known, call: Call) -> TestCaseResult {
    let Call { operation, who, path, headers, body, kind } = call;
    let may_be_known = headers.iter().any(|(name, _)| *name == "if-none-match");
    let person = headers.iter().fold(known.people[who].1.clone(), |person, (name, value)| person.with(name, value));
    let reply = person.send_raw(operation.method.clone(), &path, body, kind).await;
    known.knows(&operation, &reply, may_be_known)
}

both_engines! {
    async fn whatever_is_sent_the_answer_is_one_that_the_document_knows(world) {
        let known = Arc::new(Known::of(world).await);
        let (operations, all) = (known.operations.clone(), Arc::clone(&known));
        let sample = |operation: &Arc<Operation>| (operation.id.clone(), operation.sample(&known.document));
        let sample: Arc<HashMap<_, _>> = Arc::new(operations.iter().map(sample).collect());
        holds_there(250, move || calls(operations, sample), move |one| {
            let known = Arc::clone(&all);
            async move { call(&known, one).await }
        })
        .await;
        // Whoever was shut out meanwhile looks all the same: what is asked is not who may.
        known.world.sql("UPDATE sessions SET revoked_at = NULL; UPDATE users SET is_active = TRUE; UPDATE members SET is_active = TRUE");
        // And what was taken in among all that can be shown.
        for operation in known.operations.iter().filter(|operation| operation.method == "GET" && operation.places.is_empty()) {
            let is_customers = ["list_my_orders", "list_addresses"].contains(&operation.id.as_str());
            let who = if is_customers { "customer" } else if operation.is_operators() { "operator" } else { "owner" };
            let (_, person) = known.people.iter().find(|(name, _)| *name == who).unwrap();
            let reply = operation.call(person, &operation.path).await;
            assert_eq!(reply.status, 200, "{reply:?}");
            known.knows(operation, &reply, false).unwrap();
        }
    }
}

/// The examples that are sent, unspoilt: were they refused, nothing behind the first check would be tried.
#[actix_web::test]
async fn half_of_the_examples_are_done_as_they_stand() {
    let known = Known::of(World::start(crate::support::Engine::Sqlite).await).await;
    let mut done = 0;
    for operation in known.operations.iter().filter(|operation| operation.body.is_some()) {
        let path = operation.at(|_, schema| plain(&known.document.example(schema)));
        let reply = operation.call(&known.people[0].1, &path).await;
        known.knows(operation, &reply, false).unwrap();
        done += usize::from(reply.status < 300);
    }
    assert!(done >= 8, "{done}");
}
