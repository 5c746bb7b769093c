//! How the platform as a whole does, as its operators see it.

use crate::operators::operator;
use crate::shop::{act, order};
use serde_json::{Value, json};

fn sales(figures: &Value) -> Vec<(String, i64, String)> {
    let one = |sum: &Value| {
        let text = |name: &str| sum[name].as_str().unwrap().to_owned();
        (text("currency"), sum["orders"].as_i64().unwrap(), text("revenue"))
    };
    figures["sales"].as_array().unwrap().iter().map(one).collect()
}

both_engines! {
    async fn orders_and_revenue_of_all_vendors_are_told_by_currency_and_day(world) {
        let operator = operator(&world).await;
        let figures = operator.get("/api/admin/analytics").await.expect(200);
        assert_eq!((&figures["from"], &figures["to"], &figures["as_of"]), (&json!("2026-01-02"), &json!("2026-01-31"), &json!(null)));
        assert_eq!((&figures["vendors"]["total"], &figures["vendors"]["opened"]), (&json!(3), &json!(3)));
        assert_eq!(sales(&figures), []);
        stoa::housekeeping::collect_once(&world.db).await.unwrap();
        let figures = operator.get("/api/admin/analytics").await.expect(200);
        let (currency, orders, _) = sales(&figures).remove(0);
        assert_eq!((currency.as_str(), orders), ("EUR", 6), "two that count at each of the three");
        assert_eq!((&figures["sales"][0]["days"][0]["day"], &figures["sales"][0]["days"][0]["orders"]), (&json!("2026-01-31"), &json!(6)));
        assert!(figures["as_of"].is_string(), "{figures}");
    }

    async fn a_new_order_adds_and_a_cancelled_one_takes_away(world) {
        let operator = operator(&world).await;
        let told = async || {
            stoa::housekeeping::collect_once(&world.db).await.unwrap();
            stoa::housekeeping::collect_once(&world.db).await.unwrap();
            sales(&operator.get("/api/admin/analytics").await.expect(200)).remove(0)
        };
        let before = told().await;
        let placed = order(&world.customer(1, 1), &[(1, 1)]).await;
        let after = told().await;
        assert_eq!(after.1, before.1 + 1);
        assert_ne!(after.2, before.2);
        act(&world.owner(1), placed["id"].as_i64().unwrap(), "cancel").await;
        assert_eq!(told().await, before);
    }

    async fn other_days_are_asked_for_by_their_dates(world) {
        let operator = operator(&world).await;
        stoa::housekeeping::collect_once(&world.db).await.unwrap();
        let figures = operator.get("/api/admin/analytics?from=2026-01-01&to=2026-01-30").await.expect(200);
        assert_eq!((sales(&figures), &figures["vendors"]["opened"]), (vec![], &json!(0)));
        operator.post("/api/admin/vendors/2/suspend", json!({"reason": "x"})).await.expect(200);
        let figures = operator.get("/api/admin/analytics?from=2026-01-31&to=2026-01-31").await.expect(200);
        assert_eq!(figures["vendors"], json!({"total": 3, "active": 2, "suspended": 1, "opened": 3}));
        for query in ["from=2026-02-01&to=2026-01-31", "from=2024-01-01&to=2026-01-31", "from=yesterday", "to=2026-02-30"] {
            operator.get(&format!("/api/admin/analytics?{query}")).await.problem(400, "invalid_parameter");
        }
        world.owner(1).get("/api/admin/analytics").await.problem(403, "permission_denied");
    }
}
