//! Finding customers: by how they are called, in this order or that, with what they bought (API §6).

use crate::shop::{all, numbers, order};
use crate::support::{Client, World};
use serde_json::{Value, json};

const CUSTOMERS: &str = "/api/customers";

async fn ids(client: &Client, query: &str) -> Vec<i64> {
    numbers(&all(client, &format!("{CUSTOMERS}?{query}")).await, "id")
}

async fn register(world: &World, name: &str, first_name: &str, last_name: &str) -> i64 {
    let form = json!({"username": name, "password": "password123", "role": "customer", "first_name": first_name, "last_name": last_name});
    world.anonymous(1).post("/api/auth/register", form).await.expect(201)["id"].as_i64().unwrap()
}

both_engines! {
    async fn each_is_listed_with_what_they_bought(world) {
        let owner = world.owner(1);
        order(&world.customer(1, 3), &[(2, 2)]).await;
        let listed = all(&owner, &format!("{CUSTOMERS}?")).await;
        for customer in &listed {
            let alone = owner.get(&format!("{CUSTOMERS}/{}", customer["id"])).await.expect(200);
            assert_eq!(&alone, customer);
        }
        let totals: Vec<&Value> = listed.iter().map(|customer| &customer["totals"]).collect();
        let euros = |total: &str| json!([{"currency": "EUR", "orders": 1, "total": total}]);
        assert_eq!(totals, [&euros("19.00"), &euros("28.50"), &euros("99.97")], "the cancelled order does not count");
    }

    async fn they_are_found_by_first_and_by_last_name_without_regard_to_case_and_accents(world) {
        let zoe = register(&world, "zoe_n", "Zoë", "Núñez Ortega").await;
        let owner = world.owner(1);
        for q in ["zoe", "ZO%C3%8B", "Zoe+Nunez", "nunez", "N%C3%BA%C3%B1ez+or", "zoe_n"] {
            assert_eq!(ids(&owner, &format!("q={q}")).await, [zoe], "{q}");
        }
        for q in ["ortega", "oe", "zoe++nunez"] {
            assert_eq!(ids(&owner, &format!("q={q}")).await, [] as [i64; 0], "{q}");
        }
        world.owner(1).patch(&format!("{CUSTOMERS}/{zoe}"), json!({"last_name": "Quist"})).await.expect(200);
        assert_eq!((ids(&owner, "q=nunez").await, ids(&owner, "q=quist").await), (vec![], vec![zoe]));
        assert_eq!(ids(&world.owner(2), "q=zoe").await, [] as [i64; 0]);
    }

    async fn they_are_sorted_by_age_and_by_name_page_by_page(world) {
        // The demo's are Carol, Dan and Erin.
        let adam = register(&world, "adam", "Ådam", "Berg").await;
        let twin = register(&world, "dan_too", "Dan", "Customer").await;
        let owner = world.owner(1);
        for (sort, expected) in [
            ("-created_at", vec![twin, adam, 3, 2, 1]),
            ("created_at", vec![1, 2, 3, adam, twin]),
            ("name", vec![adam, 1, 2, twin, 3]),
            ("-name", vec![3, twin, 2, 1, adam]),
        ] {
            assert_eq!(ids(&owner, &format!("sort={sort}")).await, expected, "{sort}");
            let (mut found, mut cursor) = (Vec::new(), String::new());
            while found.len() < expected.len() {
                let page = owner.get(&format!("{CUSTOMERS}?sort={sort}&limit=2{cursor}")).await.expect(200);
                found.extend(numbers(page["items"].as_array().unwrap(), "id"));
                cursor = format!("&cursor={}", page["next"].as_str().unwrap_or_default());
            }
            assert_eq!(found, expected, "{sort}");
        }
        let page = owner.get(&format!("{CUSTOMERS}?sort=name&limit=1")).await.expect(200);
        let next = page["next"].as_str().unwrap();
        owner.get(&format!("{CUSTOMERS}?sort=-name&cursor={next}")).await.problem(400, "invalid_cursor");
        owner.get(&format!("{CUSTOMERS}?sort=phone")).await.problem(400, "invalid_parameter");
    }

    async fn they_are_told_apart_by_whether_they_may_sign_in(world) {
        world.owner(1).patch("/api/customers/2", json!({"is_active": false})).await.expect(200);
        let owner = world.owner(1);
        assert_eq!(ids(&owner, "is_active=true").await, [3, 1]);
        assert_eq!(ids(&owner, "is_active=false").await, [2]);
        assert_eq!(ids(&owner, "is_active=false&q=carol").await, [] as [i64; 0]);
        owner.get(&format!("{CUSTOMERS}?is_active=maybe")).await.problem(400, "invalid_parameter");
    }
}
