//! How business goes: revenue, orders and products over time, by the clocks of a time zone (`/api/analytics`).

use crate::shop::{act, id, order, product};
use crate::support::{Client, World};
use chrono::TimeDelta;
use serde_json::{Value, json};

async fn ask(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/analytics?{query}")).await.expect(200)
}

/// The one currency that there is.
async fn euros(client: &Client, query: &str) -> Value {
    let answer = ask(client, query).await;
    assert_eq!(answer["currencies"].as_array().unwrap().len(), 1, "{answer}");
    answer["currencies"][0].clone()
}

/// First day, orders, units and revenue of the periods in which something was sold.
fn sold(figures: &Value) -> Vec<(String, i64, i64, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let number = |value: &Value| value.as_i64().unwrap();
    let periods = figures["periods"].as_array().unwrap().iter().filter(|period| period["orders"] != 0);
    periods.map(|one| (text(&one["from"]), number(&one["orders"]), number(&one["units"]), text(&one["revenue"]))).collect()
}

async fn fold(world: &World) {
    stoa::housekeeping::tidy(&world.db).await.unwrap();
}

/// Orders at the demo's vendor 1, at these instants of 2026, in UTC; each of one strap.
async fn place_at(world: &World, instants: &[&str]) {
    for instant in instants {
        let wanted = chrono::DateTime::parse_from_rfc3339(instant).unwrap().timestamp_micros();
        world.advance(TimeDelta::microseconds(wanted - world.clock().now().micros()));
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        order(&owner, &[(2, 1)]).await;
    }
}

both_engines! {
    async fn the_demo_sold_two_orders_today_for_a_cancelled_one_does_not_count(world) {
        let answer = ask(&world.owner(1), "").await;
        assert_eq!((&answer["from"], &answer["to"], &answer["by"]), (&json!("2026-01-02"), &json!("2026-01-31"), &json!("day")));
        assert_eq!(answer["time_zone"], "UTC");
        let figures = &answer["currencies"][0];
        assert_eq!(
            (&figures["currency"], &figures["orders"], &figures["units"], &figures["revenue"], &figures["average_order"]),
            (&json!("EUR"), &json!(2), &json!(6), &json!("128.47"), &json!("64.24"))
        );
        assert_eq!(figures["periods"].as_array().unwrap().len(), 30);
        assert_eq!(sold(figures), [("2026-01-31".to_owned(), 2, 6, "128.47".to_owned())]);
        let today = &figures["periods"][29];
        assert_eq!(
            (&today["to"], &today["starts_at"], &today["ends_at"]),
            (&json!("2026-01-31"), &json!("2026-01-31T00:00:00.000000Z"), &json!("2026-02-01T00:00:00.000000Z"))
        );
        let top: Vec<_> = figures["top_products"].as_array().unwrap().iter().map(|one| (&one["product"], &one["units"], &one["revenue"])).collect();
        let (one, two, three, pieces, less) = (json!(1), json!(2), json!(3), json!(3), json!(1));
        assert_eq!(top, [(&three, &less, &json!("59.99")), (&one, &json!(2), &json!("39.98")), (&two, &pieces, &json!("28.50"))]);
        assert_eq!((&figures["top_products"][0]["name"], &figures["top_products"][0]["sku"]), (&json!("Chronograph"), &json!("V1-003")));
    }

    async fn an_order_counts_at_once_and_no_longer_once_it_is_cancelled_folded_or_not(world) {
        let owner = world.owner(1);
        for is_folded in [false, true] {
            let before = euros(&owner, "").await;
            let placed = order(&world.customer(1, 1), &[(2, 2), (4, 1)]).await;
            let with = euros(&owner, "").await;
            assert_eq!(with["orders"].as_i64().unwrap(), before["orders"].as_i64().unwrap() + 1);
            assert_eq!(with["units"].as_i64().unwrap(), before["units"].as_i64().unwrap() + 3);
            if is_folded {
                fold(&world).await;
                assert_eq!(euros(&owner, "").await, with, "folding changes nothing that is seen");
            }
            act(&world.owner(1), id(&placed), "cancel").await;
            assert_eq!(euros(&owner, "").await, before);
            fold(&world).await;
            fold(&world).await;
            assert_eq!(euros(&owner, "").await, before);
        }
    }

    async fn days_are_those_of_the_time_zone(world) {
        // Luxembourg is an hour ahead, and from 2026-03-29 01:00 UTC on, two.
        place_at(&world, &["2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"]).await;
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        for _ in 0..2 {
            let days = euros(&owner, "from=2026-03-27&to=2026-03-31&time_zone=Europe/Luxembourg").await;
            let told: Vec<_> = sold(&days).into_iter().map(|(day, orders, ..)| (day, orders)).collect();
            let expected = [("2026-03-28", 1), ("2026-03-29", 2), ("2026-03-30", 1)].map(|(day, orders)| (day.to_owned(), orders));
            assert_eq!(told, expected);
            let day = &days["periods"][2];
            assert_eq!(
                (&day["from"], &day["starts_at"], &day["ends_at"]),
                (&json!("2026-03-29"), &json!("2026-03-28T23:00:00.000000Z"), &json!("2026-03-29T22:00:00.000000Z")),
                "a day of 23 hours"
            );
            let utc = euros(&owner, "from=2026-03-27&to=2026-03-31").await;
            assert_eq!(sold(&utc).into_iter().map(|(day, orders, ..)| (day, orders)).collect::<Vec<_>>(),
                [("2026-03-28".to_owned(), 2), ("2026-03-29".to_owned(), 2)]);
            fold(&world).await;
        }
    }

    async fn zones_that_are_off_by_quarters_of_an_hour_are_right_too(world) {
        // Midnight in Kathmandu is 18:15 UTC, in Kolkata 18:30, on the Chatham Islands (in winter) 11:15.
        place_at(&world, &["2026-06-01T11:14:59Z", "2026-06-01T11:15:00Z", "2026-06-01T18:14:59Z", "2026-06-01T18:15:00Z", "2026-06-01T18:30:00Z"]).await;
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        for _ in 0..2 {
            for (zone, first, second) in [("Asia/Kathmandu", 3, 2), ("Asia/Kolkata", 4, 1), ("Pacific/Chatham", 1, 4), ("UTC", 5, 0)] {
                let days = euros(&owner, &format!("from=2026-06-01&to=2026-06-02&time_zone={zone}")).await;
                let orders = [0, 1].map(|at| days["periods"][at]["orders"].as_i64().unwrap());
                assert_eq!(orders, [first, second], "{zone}");
                assert_eq!(days["top_products"][0]["units"], 5, "{zone}");
                let day = euros(&owner, &format!("from=2026-06-01&to=2026-06-01&time_zone={zone}")).await;
                assert_eq!((&day["orders"], &day["top_products"][0]["units"]), (&json!(first), &json!(first)), "{zone}");
            }
            fold(&world).await;
        }
    }

    async fn weeks_begin_on_mondays_and_the_ends_are_cut_by_the_question(world) {
        place_at(&world, &["2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z", "2026-03-31T12:00:00Z", "2026-04-01T00:00:00Z"]).await;
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        let figures = euros(&owner, "from=2026-02-25&to=2026-03-03&by=week").await;
        let spans: Vec<_> = figures["periods"].as_array().unwrap().iter().map(|one| (&one["from"], &one["to"], &one["orders"])).collect();
        let text = |day: &str| json!(day);
        assert_eq!(spans, [(&text("2026-02-25"), &text("2026-03-01"), &json!(1)), (&text("2026-03-02"), &text("2026-03-03"), &json!(1))]);
        let figures = euros(&owner, "from=2026-01-31&to=2026-04-01&by=month").await;
        let told: Vec<_> = sold(&figures).into_iter().map(|(day, orders, ..)| (day, orders)).collect();
        let expected = [("2026-01-31", 2), ("2026-03-01", 3), ("2026-04-01", 1)].map(|(day, orders)| (day.to_owned(), orders));
        assert_eq!(told, expected);
        assert_eq!(figures["periods"][1]["orders"], 0, "a month in which nothing was sold is there, too");
        for (by, periods) in [("week", 12), ("month", 12), ("day", 30)] {
            assert_eq!(euros(&owner, &format!("by={by}")).await["periods"].as_array().unwrap().len(), periods, "{by}");
        }
    }

    async fn currencies_are_kept_apart(world) {
        let owner = world.owner(1);
        let whose = if world.engine == crate::support::Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
        order(&world.customer(1, 1), &[(5, 1)]).await;
        // As if the vendor had sold in another currency once.
        world.sql(&format!("{whose} UPDATE orders SET currency = 'JPY' WHERE vendor_id = 1 AND number = 1004"));
        for _ in 0..2 {
            let answer = ask(&owner, "").await;
            let told: Vec<_> = answer["currencies"].as_array().unwrap().iter().map(|one| (&one["currency"], &one["revenue"])).collect();
            assert_eq!(told, [(&json!("EUR"), &json!("128.47")), (&json!("JPY"), &json!("14900"))]);
            assert_eq!(answer["currencies"][1]["top_products"][0]["product"], 5);
            let only = ask(&owner, "currency=JPY").await;
            assert_eq!(only["currencies"], json!([answer["currencies"][1]]));
            let none = ask(&owner, "currency=USD").await;
            assert_eq!((&none["currencies"][0]["revenue"], &none["currencies"][0]["average_order"]), (&json!("0.00"), &json!(null)));
            fold(&world).await;
        }
    }

    async fn as_many_products_are_told_of_as_are_wanted(world) {
        let lamp = product(&world, "Lamp", "1000.00", 5).await;
        order(&world.customer(1, 1), &[(lamp, 1)]).await;
        for (top, expected) in [(0, 0), (1, 1), (3, 3), (100, 4)] {
            let figures = euros(&world.owner(1), &format!("top={top}")).await;
            assert_eq!(figures["top_products"].as_array().unwrap().len(), expected, "{top}");
        }
        assert_eq!(euros(&world.owner(1), "top=1").await["top_products"][0]["name"], "Lamp");
        world.owner(1).delete(&format!("/api/products/{lamp}")).await.expect(204);
        assert_eq!(euros(&world.owner(1), "top=1").await["top_products"][0]["name"], "Lamp", "what is archived was sold");
    }

    async fn what_cannot_be_asked_is_refused(world) {
        for (query, name) in [
            ("time_zone=Mars/Olympus", "time_zone"),
            ("time_zone=%2B01:00", "time_zone"),
            ("time_zone=", "time_zone"),
            ("from=2026-02-01&to=2026-01-31", "from"),
            ("from=2026-02-30", "from"),
            ("from=yesterday", "from"),
            ("from=1999-12-31&to=2000-01-31", "from"),
            ("to=2200-01-01", "to"),
            ("from=2024-01-01&to=2026-01-01", "from"),
            ("by=year", "by"),
            ("currency=XAU", "currency"),
            ("top=101", "top"),
            ("top=-1", "top"),
            ("vendor=2", "vendor"),
        ] {
            let refused = world.owner(1).get(&format!("/api/analytics?{query}")).await.problem(400, "invalid_parameter");
            let pointer = refused["errors"][0]["pointer"].as_str().unwrap();
            assert!(pointer == name || pointer.is_empty(), "{query}: {refused}");
        }
        ask(&world.owner(1), "from=2024-12-28&to=2026-01-31").await;
        ask(&world.owner(1), "from=2000-01-01&to=2026-01-31&by=month").await;
    }

    async fn only_who_may_see_figures_sees_their_own_vendors(world) {
        for client in [world.staff(1), world.customer(1, 1)] {
            let refused = client.get("/api/analytics").await.problem(403, "permission_denied");
            assert_eq!(refused["required_any_of"], json!(["analytics.view"]));
        }
        world.anonymous(1).get("/api/analytics").await.problem(401, "authentication_required");
        assert_eq!(euros(&world.owner(2), "").await["revenue"], "173.75");
        assert_eq!(euros(&world.owner(1), "").await["revenue"], "128.47");
    }
}
