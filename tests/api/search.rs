//! Full-text search of products.

use crate::support::Client;
use serde_json::json;

/// The names of what `q` finds, from A.
async fn names(client: &Client, q: &str) -> Vec<String> {
    let q: String = form_urlencoded::byte_serialize(q.as_bytes()).collect();
    let page = client.get(&format!("/api/products?sort=name&limit=100&q={q}")).await.expect(200);
    page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn cafe(client: &Client) -> String {
    let product = json!({
        "name": "Café-Crème Mug", "description": "Holds 300ml; dishwasher-safe. Straßenqualität, ΚΑΦΈΣ, 腕時計 and smörgåsbord.",
        "price": "9.00", "sku": "MUG/300-X", "brand": "Žižkov & Sons", "gtin": "4006381333931",
    });
    format!("/api/products/{}", client.post("/api/products", product).await.expect(201)["id"])
}

const CAFE: [&str; 1] = ["Café-Crème Mug"];
const NOTHING: [&str; 0] = [];

both_engines! {
    async fn words_are_found_wherever_they_stand(world) {
        cafe(&world.owner(1)).await;
        for q in ["mug", "holds", "300ml", "MUG/300-X", "x mug", "Žižkov", "sons", "4006381333931", "腕時計", "dishwasher safe"] {
            assert_eq!(names(&world.anonymous(1), q).await, CAFE, "{q}");
        }
    }

    async fn all_words_must_be_there_in_any_order(world) {
        cafe(&world.owner(1)).await;
        for q in ["mug crème café", "café mug", "sons 300ml mug x", "mug mug mug", "  mug ,, café  "] {
            assert_eq!(names(&world.anonymous(1), q).await, CAFE, "{q}");
        }
        for q in ["mug watch", "café mug tea", "mugs", "safe dishwashers"] {
            assert_eq!(names(&world.anonymous(1), q).await, NOTHING, "{q}");
        }
        assert_eq!(names(&world.anonymous(1), "watch").await, ["Strap", "Watch", "Winder"]);
        assert_eq!(names(&world.anonymous(1), "watch strap").await, ["Strap"]);
    }

    async fn the_beginning_of_a_word_is_enough_and_its_middle_is_not(world) {
        cafe(&world.owner(1)).await;
        for q in ["m", "mu", "caf", "cr ca", "smorg", "40063813", "腕"] {
            assert!(names(&world.anonymous(1), q).await.contains(&CAFE[0].to_owned()), "{q}");
        }
        for q in ["ug", "afe", "gasbord", "063813"] {
            assert_eq!(names(&world.anonymous(1), q).await, NOTHING, "{q}");
        }
    }

    async fn case_and_accents_make_no_difference(world) {
        cafe(&world.owner(1)).await;
        for q in ["CAFE", "café", "cafe\u{301}", "CRÈME", "creme", "zizkov", "ŽIŽKOV", "SMORGASBORD", "smörgåsbord", "ＭＵＧ"] {
            assert_eq!(names(&world.anonymous(1), q).await, CAFE, "{q}");
        }
    }

    async fn signs_of_a_query_language_are_only_signs(world) {
        cafe(&world.owner(1)).await;
        for q in ["mug%", "mug_", "mug*", "\"mug\"", "mug'--", "mug:*", "(mug", "mug & café", "mug | café", "-mug", "+mug"] {
            assert_eq!(names(&world.anonymous(1), q).await, CAFE, "{q}");
        }
        for q in ["mug OR watch", "mug -watch", "mug AND NOT x"] {
            assert_eq!(names(&world.anonymous(1), q).await, NOTHING, "{q}");
        }
    }

    async fn a_changed_product_is_found_by_its_new_words_only(world) {
        let owner = world.owner(1);
        let path = cafe(&owner).await;
        for (change, gone, come) in [
            (json!({"name": "Teacup"}), "mug creme", "teacup"),
            (json!({"sku": "CUP"}), "MUG", "cup"),
            (json!({"brand": "Novák"}), "zizkov", "novak"),
            (json!({"description": "Porcelain"}), "300ml", "porcelain"),
            (json!({"gtin": "73513537"}), "4006381333931", "73513537"),
        ] {
            assert_eq!(names(&owner, gone).await.len(), 1, "{gone}");
            owner.patch(&path, change).await.expect(200);
            assert_eq!((names(&owner, gone).await.len(), names(&owner, come).await.len()), (0, 1), "{gone} → {come}");
        }
        owner.patch(&path, json!({"brand": null})).await.expect(200);
        assert_eq!(names(&owner, "novak").await, NOTHING);
        owner.put(&path, json!({"name": "Bowl", "price": "1"})).await.expect(200);
        assert_eq!(
            (names(&owner, "porcelain").await.len(), names(&owner, "teacup").await.len(), names(&owner, "bowl").await.len()),
            (0, 0, 1)
        );
        // A change of anything else leaves the words alone.
        owner.patch(&path, json!({"price": "2", "stock": 3})).await.expect(200);
        owner.post(&format!("{path}/stock"), json!({"delta": 1})).await.expect(200);
        assert_eq!(names(&owner, "bowl").await, ["Bowl"]);
    }

    async fn a_deleted_product_leaves_no_words_behind(world) {
        let owner = world.owner(1);
        let path = cafe(&owner).await;
        let left = || world.peek(1, "SELECT term AS value FROM product_terms WHERE vendor_id = 1 AND term IN ('cafe', 'mug')");
        assert_eq!(left().len(), 2);
        owner.delete(&path).await.expect(204);
        assert_eq!(left(), Vec::<String>::new());
        assert_eq!(names(&owner, "mug").await, NOTHING);
    }

    async fn a_search_stays_with_its_vendor(world) {
        cafe(&world.owner(1)).await;
        for n in [2, 3] {
            assert_eq!(names(&world.anonymous(n), "mug").await, NOTHING);
            assert_eq!(names(&world.owner(n), "café").await, NOTHING);
        }
    }

    async fn a_very_long_word_is_found_by_its_beginning_and_in_whole(world) {
        let word = "Donaudampfschifffahrtsgesellschaftskapitänsmützenhalter";
        world.owner(1).post("/api/products", json!({"name": word, "price": "1"})).await.expect(201);
        for q in [word, "donaudampf", "DONAUDAMPFSCHIFFFAHRTSGESELLSCHAFTSKAPITAN"] {
            assert_eq!(names(&world.anonymous(1), q).await, [word], "{q}");
        }
    }
}
