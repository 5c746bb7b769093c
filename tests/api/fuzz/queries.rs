//! Query strings: the two engines answer every question alike.

use super::bodies::Known;
use super::holds_there;
use super::written;
use crate::document::{Operation, plain};
use crate::shop::basket_with;
use crate::support::{Client, Engine, World};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::fmt;
use std::sync::Arc;

const NAMES: [&str; 16] = [
    "watch",
    "Watch",
    "WATCH",
    "Wätch",
    "Ẁatch",
    "watch 2",
    "watch-10",
    "Zebra",
    "zebra",
    "Ωmega",
    "ωmega",
    "ﬁne",
    "İstanbul",
    "腕時計",
    "🐍",
    "%_'\"\\",
];

/// Things whose order, case and form are worth a question. The same in every world.
async fn furnish(world: &World) {
    let owner = world.owner(1);
    for (index, name) in NAMES.iter().enumerate() {
        let price = ["0", "9.99", "10.00", "10000000000.00"][index % 4];
        let status = ["active", "active", "draft", "archived"][index / 4];
        let product =
            json!({"name": name, "brand": name, "price": price, "stock": index % 3, "status": status, "description": name.repeat(2)});
        owner.post("/api/products", product).await.expect(201);
        let order = basket_with(&[(2, 1)], json!({"external_ref": format!("{name}#{index}"), "customer": 1 + index % 3}));
        owner.post("/api/orders", order).await.expect(201);
    }
}

/// A question, and who asks it.
#[derive(Clone)]
struct Question {
    operation: Arc<Operation>,
    who: usize,
    query: String,
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}?{} (person {})", self.operation.path, self.query, self.who)
    }
}

fn asked() -> impl Strategy<Value = String> {
    let instants = [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.000001Z",
        "2026-01-31T13:00:00+01:00",
        "0000-01-01T00:00:00Z",
        "0000-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "2016-12-31T23:59:60Z",
        "2026-01-31t12:00:00z",
        "2026-01-31 12:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
    ];
    let words = [
        "true",
        "false",
        "0",
        "1",
        "2",
        "3",
        "100",
        "-1",
        "9223372036854775807",
        "#1001",
        "1001",
        "9.99",
        "10",
        "10000000000",
        "10000000000.01",
        "name",
        "-name",
        "price",
        "-price",
        "created_at",
        "-created_at",
        "active",
        "draft",
        "archived",
        "pending",
        "cancelled",
        "processing",
        "unpaid",
        "paid",
        "vendor1_customer",
        "CUSTOMER1@",
    ];
    prop_oneof![
        4 => select(words.to_vec()).prop_map(str::to_owned),
        2 => select(instants.to_vec()).prop_map(str::to_owned),
        2 => select(NAMES.to_vec()).prop_map(str::to_owned),
        1 => (select(NAMES.to_vec()), 1..5_usize).prop_map(|(name, most)| name.chars().take(most).collect()),
        1 => written::texts(),
        1 => any::<i64>().prop_map(|number| number.to_string()),
    ]
}

fn questions(operations: Vec<Arc<Operation>>) -> impl Strategy<Value = Question> {
    let lists: Vec<_> = operations.into_iter().filter(|operation| !operation.query.is_empty()).collect();
    assert!(lists.len() >= 5, "{}", lists.len());
    let parameter = (any::<proptest::sample::Index>(), proptest::option::weighted(0.8, asked()));
    (select(lists), 0..4_usize, vec(parameter, 0..4)).prop_map(|(operation, who, parameters)| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (index, value) in parameters {
            let parameter = index.get(&operation.query);
            // What the document shows is the most likely to be understood.
            let value = value.or_else(|| parameter.get("example").map(plain)).unwrap_or_else(|| "1".to_owned());
            query.append_pair(parameter["name"].as_str().unwrap(), &value);
        }
        Question { query: query.finish(), operation, who }
    })
}

fn person(world: &World, operation: &Operation, who: usize) -> Client {
    match (operation.id.as_str(), who) {
        ("list_my_orders", _) => world.customer(1, 1),
        (_, 0 | 1) => world.owner(1),
        (_, 2) => world.staff(1),
        _ => world.anonymous(1),
    }
}

mod on_postgres {
    use super::*;

    #[actix_web::test]
    async fn every_question_is_answered_as_it_is_on_sqlite() {
        let mut worlds = Vec::new();
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let world = World::start(engine).await;
            furnish(&world).await;
            worlds.push(Known::of(world).await);
        }
        let (operations, worlds) = (worlds[0].operations.clone(), Arc::new(worlds));
        holds_there(
            200,
            move || questions(operations),
            move |question| {
                let worlds = Arc::clone(&worlds);
                async move {
                    let mut answers: Vec<(u16, Value)> = Vec::new();
                    for known in worlds.iter() {
                        let Question { operation, who, query } = &question;
                        let reply = person(&known.world, operation, *who).get(&format!("{}?{query}", operation.path)).await;
                        known.knows(operation, &reply, false)?;
                        let mut body = reply.body.clone();
                        body["request_id"].take();
                        // Entries of the audit log tell their own requests, and each key has its own secret.
                        for item in body["items"].as_array_mut().into_iter().flatten() {
                            for place in ["/request_id", "/prefix", "/after/prefix"] {
                                item.pointer_mut(place).map(Value::take);
                            }
                        }
                        answers.push((reply.status, body));
                    }
                    prop_assert_eq!(&answers[0], &answers[1], "on SQLite, and on PostgreSQL");
                    Ok(())
                }
            },
        )
        .await;
    }
}
