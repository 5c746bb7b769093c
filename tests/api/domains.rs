//! The domains of vendors: claimed, proved by the DNS, gone by and given up (`/api/vendor/domains`).

use crate::operators::operator;
use crate::support::{Client, DnsServer, Engine, Manner, Reply, World};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const DOMAINS: &str = "/api/vendor/domains";

/// A world whose DNS is a server of our own.
async fn world_with_dns(engine: Engine) -> (World, DnsServer) {
    let dns = DnsServer::start();
    let settings = [("RATE_LIMITS", "off"), ("DNS_SERVERS", dns.address.as_str()), ("PLATFORM_DOMAIN", "shops.example")];
    (World::with(engine, &settings).await, dns)
}

async fn claim(client: &Client, domain: &str) -> Value {
    client.post(DOMAINS, json!({ "domain": domain })).await.expect(201)
}

fn path(domain: &Value) -> String {
    format!("{DOMAINS}/{}", domain["id"])
}

async fn verify(client: &Client, domain: &Value) -> Reply {
    client.post(&format!("{}/verify", path(domain)), json!({})).await
}

fn publish(dns: &DnsServer, domain: &Value) {
    let challenge = &domain["challenge"];
    dns.put(challenge["name"].as_str().unwrap(), challenge["value"].as_str().unwrap());
}

/// Claims a domain and proves it.
async fn take(client: &Client, dns: &DnsServer, domain: &str) -> Value {
    let claimed = claim(client, domain).await;
    publish(dns, &claimed);
    verify(client, &claimed).await.expect(200)
}

/// Which of the demo's vendors is at a door: each has five products, numbered through.
async fn shop(door: &Client) -> i64 {
    let page = door.get("/api/products").await.expect(200);
    (page["items"][0]["id"].as_i64().unwrap() - 1) / 5 + 1
}

async fn is_nowhere(world: &World, domain: &str) {
    world.stranger().at(domain).get("/api/products").await.problem(404, "unknown_tenant");
    world.stranger().with("host", domain).get("/api/products").await.problem(400, "tenant_required");
}

both_engines! {
    async fn a_domain_leads_to_the_shop_once_it_is_proved_and_not_before(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let owner = world.owner(1);
        let claimed = claim(&owner, "Anna.Example.").await;
        assert_eq!((&claimed["domain"], &claimed["is_verified"], &claimed["is_primary"]), (&json!("anna.example"), &json!(false), &json!(false)));
        let challenge = &claimed["challenge"];
        assert_eq!((&challenge["type"], &challenge["name"]), (&json!("TXT"), &json!("_stoa-challenge.anna.example")));
        let token = challenge["value"].as_str().unwrap().strip_prefix("stoa-verify=").unwrap();
        assert!(token.len() >= 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "128 bits at least: {token}");
        is_nowhere(&world, "anna.example").await;
        let missing = verify(&owner, &claimed).await.problem(409, "domain_unverified");
        assert!(missing["detail"].as_str().unwrap().contains(challenge["value"].as_str().unwrap()), "{missing}");
        dns.put("_stoa-challenge.anna.example", "v=spf1 -all");
        verify(&owner, &claimed).await.problem(409, "domain_unverified");
        is_nowhere(&world, "anna.example").await;
        publish(&dns, &claimed);
        let proved = verify(&owner, &claimed).await.expect(200);
        assert_eq!((&proved["is_verified"], &proved["challenge"], &proved["verified_at"]),
            (&json!(true), &json!(null), &json!("2026-01-31T12:00:00.000000Z")));
        assert_eq!(shop(&world.stranger().at("anna.example")).await, 1);
        assert_eq!(shop(&world.stranger().with("host", "ANNA.example:8080")).await, 1);
        // The record may go now.
        dns.clear();
        assert_eq!(verify(&owner, &claimed).await.expect(200), proved);
        assert_eq!(shop(&world.stranger().at("anna.example")).await, 1);
    }

    async fn several_may_claim_a_domain_and_the_first_to_prove_it_has_it(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let (one, two) = (claim(&world.owner(1), "anna.example").await, claim(&world.owner(2), "anna.example").await);
        assert_ne!(one["challenge"]["value"], two["challenge"]["value"]);
        publish(&dns, &two);
        verify(&world.owner(1), &one).await.problem(409, "domain_unverified");
        verify(&world.owner(2), &two).await.expect(200);
        assert_eq!(shop(&world.stranger().at("anna.example")).await, 2);
        publish(&dns, &one);
        verify(&world.owner(1), &one).await.problem(409, "domain_taken");
        assert_eq!(shop(&world.stranger().at("anna.example")).await, 2);
        world.owner(2).delete(&path(&two)).await.expect(204);
        is_nowhere(&world, "anna.example").await;
        verify(&world.owner(1), &one).await.expect(200);
        assert_eq!(shop(&world.stranger().at("anna.example")).await, 1);
    }

    async fn of_two_who_prove_a_domain_at_once_one_has_it(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let beside = world.beside_with(&[("RATE_LIMITS", "off"), ("DNS_SERVERS", &dns.address)]);
        let (one, two) = (claim(&world.owner(1), "anna.example").await, claim(&world.owner(2), "anna.example").await);
        publish(&dns, &one);
        publish(&dns, &two);
        let (owner, rival) = (world.owner(1), beside.owner(2));
        let (one, two) = futures_util::future::join(verify(&owner, &one), verify(&rival, &two)).await;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{one:?} {two:?}");
    }

    async fn who_signed_up_with_a_domain_loses_it_to_who_proves_it(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let form = json!({"username": "squatter", "password": "password123", "role": "owner", "vendor_domain": "famous.example"});
        let squatter = world.stranger().post("/api/auth/register", form).await.expect(201)["vendor"]["id"].clone();
        let login = json!({"username": "squatter", "password": "password123"});
        let token = world.stranger().post("/api/auth/login", login).await.expect(200)["access"].as_str().unwrap().to_owned();
        let before = world.stranger().at("famous.example").bearing(&token).get("/api/vendor").await.expect(200);
        assert_eq!((&before["id"], &before["subdomain"]), (&squatter, &json!("famous")));
        take(&world.owner(1), &dns, "famous.example").await;
        assert_eq!(shop(&world.stranger().at("famous.example")).await, 1);
        world.stranger().at("famous.example").bearing(&token).get("/api/vendor").await.problem(403, "tenant_mismatch");
        let after = world.stranger().at("famous.shops.example").bearing(&token).get("/api/vendor").await.expect(200);
        assert_eq!((&after["id"], &after["domain"]), (&squatter, &json!("famous.shops.example")), "it goes by its name at the platform");
        let form = json!({"username": "another", "password": "password123", "role": "owner", "vendor_domain": "famous.example"});
        world.stranger().post("/api/auth/register", form).await.problem(409, "domain_taken");
    }

    async fn a_vendor_proves_the_domain_that_it_signed_up_with(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let form = json!({"username": "berta", "password": "password123", "role": "owner", "vendor_domain": "berta.example"});
        world.stranger().post("/api/auth/register", form).await.expect(201);
        let login = json!({"username": "berta", "password": "password123"});
        let token = world.stranger().post("/api/auth/login", login).await.expect(200)["access"].as_str().unwrap().to_owned();
        let berta = world.stranger().at("berta.example").bearing(&token);
        let list = berta.get(DOMAINS).await.expect(200);
        let own = &list["items"][0];
        assert_eq!((&own["domain"], &own["is_primary"], &own["is_verified"]), (&json!("berta.example"), &json!(true), &json!(false)));
        assert_eq!(list["platform_domain"], "berta.shops.example");
        berta.post(DOMAINS, json!({"domain": "berta.example"})).await.problem(409, "domain_taken");
        publish(&dns, own);
        assert_eq!(verify(&berta, own).await.expect(200)["is_primary"], true);
        let thief = claim(&world.owner(1), "berta.example").await;
        publish(&dns, &thief);
        verify(&world.owner(1), &thief).await.problem(409, "domain_taken");
        berta.get("/api/vendor").await.expect(200);
    }

    async fn a_name_under_the_platforms_domain_needs_no_proof(world) {
        let (world, _dns) = world_with_dns(world.engine).await;
        let form = json!({"username": "carl", "password": "password123", "role": "owner", "vendor_domain": "carl.shops.example"});
        world.stranger().post("/api/auth/register", form).await.expect(201);
        let login = json!({"username": "carl", "password": "password123"});
        let token = world.stranger().post("/api/auth/login", login).await.expect(200)["access"].as_str().unwrap().to_owned();
        let carl = world.stranger().at("carl.shops.example").bearing(&token);
        let list = carl.get(DOMAINS).await.expect(200);
        assert_eq!((&list["items"][0]["is_verified"], &list["items"][0]["is_primary"]), (&json!(true), &json!(true)));
        for domain in ["dora.shops.example", "shops.example", "a.b.shops.example"] {
            let refused = carl.post(DOMAINS, json!({ "domain": domain })).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["code"], "platform_domain", "{domain}");
        }
    }

    async fn a_vendor_goes_by_another_domain_and_nobody_is_signed_out(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let owner = world.owner(1);
        let claimed = claim(&owner, "anna.example").await;
        owner.post(&format!("{}/make-primary", path(&claimed)), json!({})).await.problem(409, "domain_unverified");
        publish(&dns, &claimed);
        verify(&owner, &claimed).await.expect(200);
        let (_, refresh) = world.sign_in(1, "owner1", "password123").await;
        let primary = owner.post(&format!("{}/make-primary", path(&claimed)), json!({})).await.expect(200);
        assert_eq!(primary["is_primary"], true);
        let vendor = owner.get("/api/vendor").await.expect(200);
        assert_eq!((&vendor["domain"], &vendor["version"]), (&json!("anna.example"), &json!(2)));
        for door in ["anna.example", "vendor1.example.com", "vendor1.shops.example"] {
            assert_eq!(world.stranger().at(door).bearing(world.token("owner1")).get("/api/vendor").await.expect(200), vendor, "{door}");
        }
        let pair = world.stranger().at("anna.example").post("/api/auth/refresh", json!({ "refresh": refresh })).await.expect(200);
        assert_eq!(pair["user"]["vendor"]["domain"], "anna.example");
        owner.delete(&path(&claimed)).await.problem(409, "domain_in_use");
        let list = owner.get(DOMAINS).await.expect(200);
        let primaries: Vec<_> = list["items"].as_array().unwrap().iter().filter(|one| one["is_primary"] == true).collect();
        assert_eq!(primaries.len(), 1, "{list}");
    }

    async fn the_dns_that_does_not_answer_is_not_waited_for(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let owner = world.owner(1);
        let claimed = claim(&owner, "anna.example").await;
        publish(&dns, &claimed);
        for manner in [Manner::Never, Manner::Misnumbered, Manner::Garbled, Manner::Late(Duration::from_secs(20))] {
            dns.answer(manner.clone());
            let began = Instant::now();
            let reply = verify(&owner, &claimed).await;
            assert!(reply.header("retry-after").is_some(), "{manner:?}: {reply:?}");
            reply.problem(503, "dns_unavailable");
            assert!(began.elapsed() < Duration::from_secs(5), "{manner:?} took {:?}", began.elapsed());
            // Nobody else waits meanwhile.
            assert_eq!(shop(&world.anonymous(2)).await, 2);
        }
        dns.answer(Manner::Failing);
        verify(&owner, &claimed).await.problem(503, "dns_unavailable");
        dns.answer(Manner::Elsewhere);
        verify(&owner, &claimed).await.problem(409, "domain_unverified");
        is_nowhere(&world, "anna.example").await;
        dns.answer(Manner::Late(Duration::from_millis(300)));
        verify(&owner, &claimed).await.expect(200);
    }

    async fn the_record_may_be_an_alias(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let claimed = claim(&world.owner(1), "anna.example").await;
        dns.alias("_stoa-challenge.anna.example", "proof.elsewhere.example");
        dns.put("proof.elsewhere.example", claimed["challenge"]["value"].as_str().unwrap());
        verify(&world.owner(1), &claimed).await.expect(200);
        assert!(dns.asked().iter().all(|name| name.ends_with(".example")), "{:?}", dns.asked());
    }

    async fn asking_the_dns_is_limited(world) {
        let dns = DnsServer::start();
        let world = World::with(world.engine, &[("DNS_SERVERS", dns.address.as_str())]).await;
        let claimed = claim(&world.owner(1), "anna.example").await;
        for _ in 0..10 {
            verify(&world.owner(1), &claimed).await.problem(409, "domain_unverified");
        }
        let asked = dns.asked().len();
        verify(&world.owner(1), &claimed).await.problem(429, "too_many_requests");
        assert_eq!(dns.asked().len(), asked);
    }

    async fn there_are_not_too_many(world) {
        let owner = world.owner(1);
        let left = 20 - owner.get(DOMAINS).await.expect(200)["items"].as_array().unwrap().len();
        let all = futures_util::future::join_all((0..left + 5).map(|n| {
            let owner = owner.clone();
            async move { owner.post(DOMAINS, json!({"domain": format!("shop{n}.example")})).await }
        }));
        let (made, refused): (Vec<_>, Vec<_>) = all.await.into_iter().partition(|reply| reply.status == 201);
        assert_eq!((made.len(), refused.len()), (left, 5));
        for reply in refused {
            reply.problem(409, "domain_limit");
        }
    }

    async fn what_is_no_domain_is_refused(world) {
        for domain in ["", " ", "anna", "anna.example:80", "127.0.0.1", "a b.example", "-a.example", "a..example", "https://a.example", "a_b.example",
            "vendor-7.invalid", &format!("{}.example", "a.".repeat(120))]
        {
            let refused = world.owner(1).post(DOMAINS, json!({ "domain": domain })).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], "/domain", "{domain}");
        }
        // The server's own name.
        world.owner(1).post(DOMAINS, json!({"domain": "stoa.test"})).await.problem(422, "validation_failed");
    }

    async fn another_vendors_domains_are_nowhere(world) {
        let theirs = claim(&world.owner(2), "anna.example").await;
        for path in [path(&theirs), format!("{DOMAINS}/999999")] {
            world.owner(1).get(&path).await.problem(404, "not_found");
            world.owner(1).delete(&path).await.problem(404, "not_found");
            world.owner(1).post(&format!("{path}/verify"), json!({})).await.problem(404, "not_found");
            world.owner(1).post(&format!("{path}/make-primary"), json!({})).await.problem(404, "not_found");
        }
        for client in [world.staff(1), world.customer(1, 1)] {
            client.get(DOMAINS).await.problem(403, "permission_denied");
        }
        world.anonymous(1).get(DOMAINS).await.problem(401, "authentication_required");
        let here = operator(&world).await.at("vendor2.example.com");
        here.delete(&path(&theirs)).await.expect(204);
    }

    async fn another_instance_sees_it_after_a_second(world) {
        let (world, dns) = world_with_dns(world.engine).await;
        let beside = world.beside();
        beside.stranger().at("anna.example").get("/api/products").await.problem(404, "unknown_tenant");
        let proved = take(&world.owner(1), &dns, "anna.example").await;
        world.advance(TimeDelta::seconds(1));
        assert_eq!(shop(&beside.stranger().at("anna.example")).await, 1);
        world.owner(1).delete(&path(&proved)).await.expect(204);
        world.stranger().at("anna.example").get("/api/products").await.problem(404, "unknown_tenant");
        world.advance(TimeDelta::seconds(1));
        beside.stranger().at("anna.example").get("/api/products").await.problem(404, "unknown_tenant");
    }
}
