//! Lists of products: filters, sort orders, and walking through the pages of any of them.

use crate::support::{Client, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const SORTS: [&str; 6] = ["name", "-name", "price", "-price", "created_at", "-created_at"];

/// Thirty products with many ties in each sort value, made at five instants.
async fn stock_up(world: &World) -> Vec<Value> {
    let owner = world.owner(1);
    let names = ["Anker", "anker", "Änker", "Zeta", "Émile", "émile"];
    let statuses = ["active", "active", "draft", "archived", "active"];
    let mut products = Vec::new();
    for n in 0..30_usize {
        if n % 6 == 0 {
            world.advance(chrono::TimeDelta::milliseconds(1500));
        }
        let product = json!({
            "name": names[n % names.len()], "price": format!("{}.{:02}", n % 4, n % 3), "stock": n % 2,
            "brand": if n % 5 == 0 { "Acmé" } else { "Other" }, "status": statuses[n % 5],
            "description": if n % 3 == 0 { "rare piece" } else { "piece" },
        });
        products.push(owner.post("/api/products", product).await.expect(201));
    }
    products
}

/// All items of a list, page by page; no page is longer than the limit, and none but the last is shorter.
async fn walk(client: &Client, query: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/products?{query}&limit={limit}{cursor}")).await.expect(200);
        let found = page["items"].as_array().unwrap().clone();
        let next = page["next"].as_str().map(str::to_owned);
        assert!(found.len() == limit || (next.is_none() && found.len() <= limit), "{} of {limit}, {query}", found.len());
        items.extend(found);
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn ids(items: &[Value]) -> Vec<i64> {
    items.iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

fn cents(price: &Value) -> i64 {
    price.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// The name as lists are sorted by it, for the names of [`stock_up`].
fn folded(name: &Value) -> String {
    name.as_str().unwrap().to_lowercase().replace('ä', "a").replace('é', "e")
}

/// The ids in the order that `sort` asks for; ties go by id, in the same direction.
fn sorted(mut items: Vec<Value>, sort: &str) -> Vec<i64> {
    let key = |item: &Value| match sort.trim_start_matches('-') {
        "name" => (folded(&item["name"]), 0),
        "price" => (String::new(), cents(&item["price"])),
        _ => (item["created_at"].as_str().unwrap().to_owned(), 0),
    };
    items.sort_by_key(|item| (key(item), item["id"].as_i64().unwrap()));
    if sort.starts_with('-') {
        items.reverse();
    }
    ids(&items)
}

async fn found(client: &Client, query: &str) -> BTreeSet<i64> {
    ids(&walk(client, query, 100).await).into_iter().collect()
}

type Fits<'a> = &'a dyn Fn(&Value) -> bool;

both_engines! {
    async fn every_sort_orders_all_products_and_its_pages_miss_and_repeat_none(world) {
        let owner = world.owner(1);
        stock_up(&world).await;
        let all = walk(&owner, "sort=created_at", 100).await;
        assert_eq!(all.len(), 5 + 24, "all but what is archived");
        for sort in SORTS {
            let expected = sorted(all.clone(), sort);
            for limit in [1, 3, 7, 28, 29, 30] {
                assert_eq!(ids(&walk(&owner, &format!("sort={sort}"), limit).await), expected, "{sort} by {limit}");
            }
        }
    }

    async fn every_filter_keeps_what_fits_and_nothing_else_under_every_sort(world) {
        let owner = world.owner(1);
        stock_up(&world).await;
        let everything = [walk(&owner, "sort=name", 100).await, walk(&owner, "status=archived", 100).await].concat();
        let stock = |item: &Value| item["stock"].as_i64().unwrap();
        let filters: [(&str, Fits); 9] = [
            ("brand=acme", &|item| item["brand"] == "Acmé" && item["status"] != "archived"),
            ("min_price=1", &|item| cents(&item["price"]) >= 100 && item["status"] != "archived"),
            ("max_price=1.01", &|item| cents(&item["price"]) <= 101 && item["status"] != "archived"),
            ("min_price=1.00&max_price=2.00", &|item| (100..=200).contains(&cents(&item["price"])) && item["status"] != "archived"),
            ("in_stock=true", &|item| stock(item) > 0 && item["status"] != "archived"),
            ("in_stock=false", &|item| stock(item) == 0 && item["status"] != "archived"),
            ("status=draft", &|item| item["status"] == "draft"),
            ("q=rare", &|item| item["description"] == "rare piece" && item["status"] != "archived"),
            ("q=piece+an&brand=OTHER&in_stock=false&min_price=0&max_price=2.02&status=active", &|item| {
                item["status"] == "active"
                    && item["brand"] == "Other"
                    && stock(item) == 0
                    && cents(&item["price"]) <= 202
                    && folded(&item["name"]) == "anker"
                    && item["description"].as_str().unwrap().contains("piece")
            }),
        ];
        for (filter, fits) in filters {
            let fitting: Vec<Value> = everything.iter().filter(|item| fits(item)).cloned().collect();
            assert!(!fitting.is_empty() && fitting.len() < everything.len(), "{filter} must tell products apart");
            for sort in SORTS {
                let expected = sorted(fitting.clone(), sort);
                assert_eq!(ids(&walk(&owner, &format!("{filter}&sort={sort}"), 2).await), expected, "{filter} by {sort}");
            }
        }
    }

    async fn the_newest_come_first_unless_sorted_otherwise_and_twenty_to_a_page(world) {
        let owner = world.owner(1);
        stock_up(&world).await;
        let page = owner.get("/api/products").await.expect(200);
        let first = ids(page["items"].as_array().unwrap());
        assert_eq!(first.len(), 20);
        assert_eq!(first, ids(&walk(&owner, "sort=-created_at", 100).await)[..20]);
        let rest = owner.get(&format!("/api/products?cursor={}", page["next"].as_str().unwrap())).await.expect(200);
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (9, &Value::Null));
    }

    async fn a_walk_goes_on_where_it_was_though_products_come_and_go(world) {
        let owner = world.owner(1);
        stock_up(&world).await;
        let before = ids(&walk(&owner, "sort=name", 100).await);
        let page = owner.get("/api/products?sort=name&limit=10").await.expect(200);
        let seen = ids(page["items"].as_array().unwrap());
        // The row that the cursor names goes, and others come before and after it.
        owner.delete(&format!("/api/products/{}", seen[9])).await.expect(204);
        owner.post("/api/products", json!({"name": "AAA", "price": "1"})).await.expect(201);
        let last = owner.post("/api/products", json!({"name": "zzz", "price": "1"})).await.expect(201)["id"].as_i64().unwrap();
        let rest = owner.get(&format!("/api/products?sort=name&limit=100&cursor={}", page["next"].as_str().unwrap())).await.expect(200);
        assert_eq!(ids(rest["items"].as_array().unwrap()), [&before[10..], &[last]].concat());
    }

    async fn everybody_sees_what_is_on_sale_and_members_see_drafts_and_on_request_what_is_archived(world) {
        let owner = world.owner(1);
        for (id, status) in [(4, "draft"), (5, "archived")] {
            owner.patch(&format!("/api/products/{id}"), json!({"status": status})).await.expect(200);
        }
        let set = |ids: &[i64]| ids.iter().copied().collect::<BTreeSet<_>>();
        for member in [world.owner(1), world.staff(1)] {
            assert_eq!(found(&member, "").await, set(&[1, 2, 3, 4]));
            assert_eq!(found(&member, "status=draft").await, set(&[4]));
            assert_eq!(found(&member, "status=active").await, set(&[1, 2, 3]));
            assert_eq!(found(&member, "status=archived").await, set(&[5]));
            for id in [4, 5] {
                member.get(&format!("/api/products/{id}")).await.expect(200);
            }
        }
        for other in [world.customer(1, 1), world.anonymous(1)] {
            assert_eq!(found(&other, "").await, set(&[1, 2, 3]));
            assert_eq!(found(&other, "status=active").await, set(&[1, 2, 3]));
            for word in ["wall", "winder", "V1-004"] {
                assert_eq!(found(&other, &format!("q={word}")).await, set(&[]), "{word}");
            }
            for status in ["draft", "archived"] {
                other.get(&format!("/api/products?status={status}")).await.problem(403, "permission_denied");
            }
            for id in [4, 5] {
                other.get(&format!("/api/products/{id}")).await.problem(404, "not_found");
            }
        }
    }

    async fn a_list_shows_the_products_as_they_are_one_by_one(world) {
        let owner = world.owner(1);
        for item in walk(&owner, "sort=name", 2).await {
            assert_eq!(owner.get(&format!("/api/products/{}", item["id"])).await.expect(200), item);
        }
    }

    async fn a_vendor_without_products_has_an_empty_list(world) {
        let form = json!({
            "username": "new", "password": "password123", "role": "owner", "email": "n@example.org", "vendor_domain": "new.example.org",
        });
        world.stranger().post("/api/auth/register", form).await.expect(201);
        for sort in SORTS {
            let page = world.stranger().at("new.example.org").get(&format!("/api/products?sort={sort}")).await.expect(200);
            assert_eq!(page, json!({"items": [], "next": null}));
        }
    }

    async fn a_list_shows_one_vendors_products_only(world) {
        for (n, own) in [(1, 1..=5), (2, 6..=10), (3, 11..=15)] {
            for client in [world.anonymous(n), world.owner(n), world.customer(n, 1)] {
                assert_eq!(found(&client, "").await, own.clone().collect());
            }
        }
    }
}
