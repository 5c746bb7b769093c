//! Who may do what: every operation of the document, done by everybody there is, with the ids of their own vendor and of
//! another. What the server answered is the table in `openapi/ROLES.md`; and no answer shows a text of another vendor.

use crate::api_keys::program;
use crate::document::{Document, Operation, plain};
use crate::isolation::{NOWHERE, foreign};
use crate::marks::{found_in, mark, mark_all};
use crate::operators::operator;
use crate::returns::arrange;
use crate::support::{Client, Mould, Reply, World};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use stoa::access::Permission;

/// Somebody at the door of vendor 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Customer,
    Member(&'static str),
    Operator,
    /// A program with a key for all that the owner may do.
    Key,
    /// Somebody whose access token has expired.
    Expired(&'static str),
    /// Somebody of vendor 2, with a good token of theirs.
    Outsider(&'static str),
}

const ROLES: [(&str, Who); 9] = [
    ("nobody", Who::Nobody),
    ("customer", Who::Customer),
    ("viewer", Who::Member("Viewer")),
    ("staff", Who::Member("Staff")),
    ("editor", Who::Member("Editor")),
    ("manager", Who::Member("Manager")),
    ("owner", Who::Member("Owner")),
    ("operator", Who::Operator),
    ("owner's API key", Who::Key),
];

/// Those who come with a token that is not good here. Who they are makes no difference.
const INTRUDERS: [(&str, [Who; 3]); 2] = [
    ("expired token", [Who::Expired("owner1"), Who::Expired("vendor1_staff1"), Who::Expired("vendor1_customer1")]),
    ("another vendor's token", [Who::Outsider("owner2"), Who::Outsider("vendor2_staff1"), Who::Outsider("vendor2_customer1")]),
];

/// What leaves everything as it was, but for sessions.
const HARMLESS: [&str; 3] = ["login", "logout", "refresh"];

/// One line of the table: an operation, and what is sent if that is not its example.
struct Line {
    title: String,
    operation: Operation,
}

/// The things of vendor 1 that an operation is tried on. Order 1 is assigned to the first of staff; order 2, to nobody, is
/// the second customer's.
fn own(kind: &str) -> Vec<&'static str> {
    match kind {
        "OrderId" | "CustomerId" | "AddressId" => vec!["1", "2"],
        "ProductId" | "InvitationId" | "ApiKeyId" | "VendorId" | "ImpersonationId" | "PasswordResetId" => vec!["1"],
        // Of order 1 and of order 2, in this order.
        "PaymentId" => vec!["1", "4"],
        // Those that are arranged, after two returns and a refund of each vendor that are marked.
        "ReturnId" => vec!["7", "8"],
        "RefundId" => vec!["4", "5"],
        "UserId" | "DomainId" => vec!["2"],
        "RoleId" => vec!["6"],
        // The owner's, the first and the second of staff's, the second customer's, and that of an operator who came later.
        "SessionId" => vec!["1", "2", "3", "5", "19"],
        other => panic!("which {other} belong to vendor 1?"),
    }
}

/// What an operation may do besides its example, where it is not for the same people.
fn variants(id: &str) -> Vec<(&'static str, Value)> {
    let form = |role: &str| json!({"username": "dora", "password": "password123", "role": role, "vendor_domain": "dora.example.com"});
    match id {
        "register" => vec![
            ("as an owner, of a new shop", form("owner")),
            ("as staff", json!({"username": "dora", "password": "password123", "role": "staff"})),
        ],
        "edit_vendor" => vec![("close the shop", json!({"is_active": false}))],
        _ => Vec::new(),
    }
}

fn lines(document: &Document) -> Vec<Line> {
    let mut lines = Vec::new();
    for operation in document.operations() {
        let title = operation.about["summary"].as_str().unwrap().to_owned();
        let others = variants(&operation.id);
        lines.push(Line { title: title.clone(), operation: operation.clone() });
        lines.extend(others.into_iter().map(|(what, body)| Line {
            title: format!("{title}: {what}"),
            operation: Operation { body: Some(body), ..operation.clone() },
        }));
    }
    lines
}

/// Somebody in a world of their own, which begins anew before the next thing when the last one may have changed it.
struct Visit<'a> {
    mould: &'a Mould,
    who: Who,
    world: World,
    client: Client,
    is_changed: bool,
    /// How many answers bore the mark of vendor 1.
    marked: usize,
}

impl<'a> Visit<'a> {
    async fn begin(mould: &'a Mould, who: Who) -> Self {
        let (world, client) = arrive(mould, who).await;
        Self { mould, who, world, client, is_changed: false, marked: 0 }
    }

    /// Does it. Wherever it leads, no other vendor's texts are in the answer, and in a refusal nobody's.
    async fn call(&mut self, line: &Line, path: &str) -> Reply {
        let mut operation = line.operation.clone();
        // Were the orders delivered in the mould, nobody could call them off.
        let is_back = operation.path.contains("/returns") || operation.path.contains("{refund_id}");
        let is_own = path.starts_with("/api/orders/1/") || path.starts_with("/api/orders/2/");
        let is_arranged = is_back && is_own && !matches!(self.who, Who::Nobody | Who::Expired(_) | Who::Outsider(_));
        if std::mem::take(&mut self.is_changed) || is_arranged {
            (self.world, self.client) = arrive(self.mould, self.who).await;
        }
        if is_arranged {
            arrange(&self.world, &operation).await;
        }
        operation.freshen(&self.world, &self.client).await;
        // The example names a line of order 1; that of order 2 is line 3.
        if path.starts_with("/api/orders/2/")
            && let Some(item) = operation.body.as_mut().and_then(|body| body.pointer_mut("/items/0/item"))
        {
            *item = json!(3);
        }
        let reply = operation.call(&self.client, path).await;
        self.inspect(line, &reply);
        self.is_changed =
            is_arranged || reply.status < 400 && operation.method != Method::GET && !HARMLESS.contains(&operation.id.as_str());
        reply
    }

    fn inspect(&mut self, line: &Line, reply: &Reply) {
        assert!(reply.status < 500, "{:?}: {reply:?}", self.who);
        let found = found_in(reply);
        let shown: &[usize] = match reply.status {
            400.. => &[],
            // What operators see of all vendors is for them alone.
            _ if self.who == Who::Operator && line.operation.is_operators() => &[1, 2, 3],
            _ => &[1],
        };
        assert!(found.iter().all(|n| shown.contains(n)), "{:?} sees vendors {found:?}: {reply:?}", self.who);
        self.marked += usize::from(found.contains(&1));
    }
}

async fn arrive(mould: &Mould, who: Who) -> (World, Client) {
    let world = mould.world();
    let client = match who {
        Who::Nobody => world.anonymous(1),
        Who::Customer => world.customer(1, 2),
        Who::Member("Owner") => world.owner(1),
        Who::Member("Staff") => world.staff(1),
        Who::Member(role) => {
            world.sql(&format!(
                "UPDATE members SET role_id = (SELECT id FROM roles WHERE vendor_id = 1 AND name = '{role}') \
                 WHERE vendor_id = 1 AND user_id = 3"
            ));
            world.other_staff(1)
        }
        Who::Operator => operator(&world).await.at("vendor1.example.com"),
        Who::Key => {
            let all: Vec<_> = Permission::ALL.iter().map(|one| one.as_str()).collect();
            program(&world, 1, &all).await.at("vendor1.example.com")
        }
        Who::Expired(name) => {
            world.advance(TimeDelta::minutes(15));
            world.anonymous(1).bearing(world.token(name))
        }
        Who::Outsider(name) => world.anonymous(1).bearing(world.token(name)),
    };
    (world, client)
}

async fn marked_mould(world: World) -> Mould {
    mark_all(&world).await;
    world.into_mould().await
}

/// The paths that a line leads to: one, or one for each of the things it can be done to. Where a thing belongs to another,
/// each is tried with its own.
fn paths(document: &Document, operation: &Operation, ids: fn(&str) -> Vec<&'static str>) -> Vec<String> {
    let kind = operation.places.iter().map(|(_, schema)| document.resource(schema)).find(|kind| !kind.is_empty());
    let at = |index: usize| {
        operation.at(|_, schema| match document.resource(schema) {
            "" => plain(&document.example(schema)),
            kind => ids(kind)[index].to_owned(),
        })
    };
    kind.map_or_else(|| vec![operation.sample(document)], |kind| (0..ids(kind).len()).map(at).collect())
}

/// What the answers mean to somebody who reads the table.
fn verdict(line: &Line, replies: &[Reply]) -> &'static str {
    let told: Vec<_> = replies.iter().map(|reply| (reply.status, reply.body["code"].as_str().unwrap_or_default())).collect();
    let all = |answer: (u16, &str)| told.iter().all(|one| *one == answer);
    // That an order cannot take the step now is said to those only who may take it.
    let is_in = |(status, code): &(u16, &str)| *status < 300 || *code == "illegal_transition";
    let is_out = |answer: &(u16, &str)| [(404, "not_found"), (403, "permission_denied")].contains(answer);
    match told.as_slice() {
        _ if all((401, "authentication_required")) => "sign in",
        _ if all((401, "token_expired")) => "sign in again",
        _ if all((403, "tenant_mismatch")) => "wrong shop",
        _ if all((403, "permission_denied")) => "–",
        _ if all((404, "not_found")) => "not found",
        _ if told.iter().all(is_in) && told.iter().any(|(status, _)| *status < 300) => "**yes**",
        _ if told.iter().any(|(status, _)| *status < 300) && told.iter().all(|one| is_in(one) || is_out(one)) => "own",
        _ => panic!("{}: what do {told:?} mean?", line.title),
    }
}

async fn verdicts(document: &Document, lines: &[Line], mould: &Mould, who: Who) -> (Vec<&'static str>, usize) {
    let mut visit = Visit::begin(mould, who).await;
    let mut verdicts = Vec::new();
    for line in lines {
        let mut replies = Vec::new();
        for path in paths(document, &line.operation, own) {
            replies.push(visit.call(line, &path).await);
        }
        verdicts.push(verdict(line, &replies));
    }
    (verdicts, visit.marked)
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/ROLES.md")
}

const RENEW: &str = "STOA_TEST_RENEW=1 cargo test --test api roles::";

const PREFACE: &str = "\
# Who may do what

Not a plan: what the server answered when a test had everybody do everything at one vendor of the demo. When that changes
and is meant to, renew this page:

```bash
";

const LEGEND: &str = "
```

- **yes**: they may.
- own: only with what is theirs. Customers: their own orders. Staff: the orders assigned to them.
- –: their role does not allow it (403 `permission_denied`).
- sign in: not without a token (401 `authentication_required`). *Nobody* is whoever comes without one.
- sign in again: the token has expired (401 `token_expired`).
- wrong shop: the token is another vendor's (403 `tenant_mismatch`).
- not found: another vendor's things are as if they did not exist (404 `not_found`), to everybody.

Roles of the team other than these are made of permissions; which of them an operation needs, the document says.
*Operators* look after the platform and belong to no vendor.
";

/// A cell for each who, a line for each operation, a table for each tag.
fn page(document: &Document, lines: &[Line], heads: &[&str], cells: &[Vec<&str>]) -> String {
    let mut page = format!("{PREFACE}{RENEW}{LEGEND}");
    for tag in document.0["tags"].as_array().unwrap() {
        let name = tag["name"].as_str().unwrap();
        write!(page, "\n## {name}\n\n{}\n\n| | |", tag["description"].as_str().unwrap()).unwrap();
        for head in heads {
            write!(page, " {head} |").unwrap();
        }
        write!(page, "\n|---|---|{}\n", "---|".repeat(heads.len())).unwrap();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.operation.about["tags"][0] == name) {
            write!(page, "| {} | `{} {}` |", line.title, line.operation.method, line.operation.path).unwrap();
            for column in cells {
                write!(page, " {} |", column[index]).unwrap();
            }
            page.push('\n');
        }
    }
    page
}

/// With what of another vendor's is done by the one who may do the most: nothing, as if it were nowhere.
async fn on_foreign_things(document: &Document, lines: &[Line], mould: &Mould) -> Vec<&'static str> {
    let mut cells = vec![""; lines.len()];
    for (name, who) in ROLES {
        let mut visit = Visit::begin(mould, who).await;
        let of_vendors = |line: &Line| line.operation.names_a_resource(document) && !line.operation.is_operators();
        for (index, line) in lines.iter().enumerate().filter(|(_, line)| of_vendors(line)) {
            let there = visit.call(line, &paths(document, &line.operation, |kind| vec![foreign(kind)])[0]).await;
            let nowhere = visit.call(line, &paths(document, &line.operation, |_| vec![NOWHERE])[0]).await;
            assert_eq!((there.status, &there.body["code"]), (nowhere.status, &nowhere.body["code"]), "{name}: {}", line.title);
            let verdict = verdict(line, &[there]);
            assert!(["not found", "sign in", "–"].contains(&verdict), "{name}: {}: {verdict}", line.title);
            if verdict == "not found" {
                cells[index] = verdict;
            }
        }
    }
    cells
}

both_engines! {
    async fn the_page_for_people_says_what_the_server_does(world) {
        let document = Document::of(&world).await;
        let (lines, mould) = (lines(&document), marked_mould(world).await);
        let (mut heads, mut cells) = (Vec::new(), Vec::new());
        for (name, who) in ROLES {
            let (column, marked) = verdicts(&document, &lines, &mould, who).await;
            // Whoever sees nothing of their own vendor proves nothing about the others.
            assert!(marked >= 2, "{name} saw {marked}");
            heads.push(name);
            cells.push(column);
        }
        for (name, people) in INTRUDERS {
            let mut columns = Vec::new();
            for who in people {
                let (column, marked) = verdicts(&document, &lines, &mould, who).await;
                assert!(matches!(who, Who::Expired(_)) || marked == 0, "{who:?} saw {marked}");
                columns.push(column);
            }
            assert!(columns.iter().all(|column| *column == columns[0]), "{name}: {columns:?}");
            heads.push(name);
            cells.push(columns.swap_remove(0));
        }
        heads.push("another vendor's id");
        cells.push(on_foreign_things(&document, &lines, &mould).await);
        compare(&page(&document, &lines, &heads, &cells));
    }

    async fn nobody_finds_another_vendors_things_by_searching(world) {
        let document = Document::of(&world).await;
        let mould = marked_mould(world).await;
        let mut searched = 0;
        for (name, who) in ROLES {
            let mut visit = Visit::begin(&mould, who).await;
            for line in lines(&document).iter().filter(|line| is_searched(who, &line.operation)) {
                let path = line.operation.sample(&document);
                if visit.call(line, &path).await.status != 200 {
                    continue;
                }
                for (parameter, value) in wishes(&visit.world, line).await {
                    let reply = visit.call(line, &format!("{path}?{parameter}={value}")).await;
                    if parameter == "cursor" {
                        reply.problem(400, "invalid_cursor");
                    } else {
                        assert_eq!(reply.expect(200), json!({"items": [], "next": null}), "{name}: {path}?{parameter}={value}");
                    }
                    searched += 1;
                }
            }
        }
        assert!(searched >= 30, "{searched}");
    }
}

/// Whether somebody could search there for what they are not to find.
fn is_searched(who: Who, operation: &Operation) -> bool {
    let is_all_theirs = who == Who::Operator && operation.is_operators();
    operation.path.starts_with("/api/") && !operation.query.is_empty() && !is_all_theirs
}

/// What of vendor 2's could be asked for in the query of a list: words, ids, and the place where a page of its own ends.
async fn wishes(world: &World, line: &Line) -> Vec<(String, String)> {
    let mut wishes = Vec::new();
    for parameter in &line.operation.query {
        let name = parameter["name"].as_str().unwrap();
        match name {
            "q" | "brand" => wishes.push((name.to_owned(), mark(2).to_owned())),
            "customer" | "assigned_to" | "actor" => wishes.push((name.to_owned(), "4".to_owned())),
            "target" => wishes.push((name.to_owned(), "product:6".to_owned())),
            "role" => wishes.push((name.to_owned(), foreign("RoleId").to_owned())),
            "cursor" => {
                world.sign_in(2, "owner2", "password123").await;
                let theirs = if line.operation.id == "list_my_orders" { world.customer(2, 1) } else { world.owner(2) };
                let page = theirs.get(&format!("{}?limit=1", line.operation.path)).await.expect(200);
                match page["next"].as_str() {
                    Some(next) => wishes.push((name.to_owned(), next.to_owned())),
                    // They work for one vendor only.
                    None => assert_eq!(line.operation.id, "list_my_vendors"),
                }
            }
            // These choose among what one sees, and name nothing.
            "from" | "to" | "by" | "time_zone" | "currency" | "top" | "limit" | "sort" | "action" | "after" | "before" | "status"
            | "is_active" | "payment_status" | "in_stock" | "min_price" | "max_price" | "placed_after" | "placed_before" => {}
            other => panic!("{}: can {other} name something of another vendor's?", line.operation.id),
        }
    }
    wishes
}

/// Holds the page against the one that is checked in, or renews that.
fn compare(page: &str) {
    #[expect(clippy::disallowed_methods, reason = "tests are set up by the environment")]
    if std::env::var_os("STOA_TEST_RENEW").is_some() {
        std::fs::write(file(), page).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(file()).unwrap();
    let differing: Vec<_> = page.lines().filter(|line| !kept.lines().any(|other| other == *line)).collect();
    assert!(kept == page, "openapi/ROLES.md differs. If the change is meant, renew it with {RENEW}\nNow it is:\n{}", differing.join("\n"));
}
