//! Proving that mail reaches one (API §3).

use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use serde_json::json;

async fn verify(client: &Client, token: &str) -> Reply {
    client.post("/api/auth/email/verify", json!({ "token": token })).await
}

async fn resend(client: &Client) {
    client.post("/api/auth/email/resend", json!({})).await.expect(202);
}

async fn is_verified(client: &Client) -> bool {
    client.get("/api/auth/me").await.expect(200)["email_verified"].as_bool().unwrap()
}

async fn register_owner(world: &World, email: &str) -> Client {
    let form = json!({"username": "dora", "password": "password123", "role": "owner", "vendor_domain": "dora.example.com", "email": email});
    world.stranger().post("/api/auth/register", form).await.expect(201);
    let pair = world.stranger().post("/api/auth/login", json!({"username": "dora", "password": "password123"})).await.expect(200);
    world.stranger().at("dora.example.com").bearing(pair["access"].as_str().unwrap())
}

both_engines! {
    async fn a_new_owner_is_asked_to_prove_their_address(world) {
        let owner = register_owner(&world, "Dora@Example.com").await;
        assert!(!is_verified(&owner).await);
        let letter = world.letters_to("Dora@Example.com").remove(0);
        assert_eq!(letter.subject, "Confirm your e-mail address for stoa.test");
        assert!(letter.text.contains("http://stoa.test/verify-email#token="), "{}", letter.text);
        verify(&world.stranger(), &letter.token()).await.expect(204);
        assert!(is_verified(&owner).await);
        verify(&world.stranger(), &letter.token()).await.problem(422, "validation_failed");
        assert!(is_verified(&owner).await);
        resend(&owner).await;
        assert_eq!(world.letters_to("Dora@Example.com").len(), 1, "there is nothing left to prove");
    }

    async fn staff_are_asked_too_and_customers_are_not(world) {
        for (client, role) in [(world.owner(1), "staff"), (world.anonymous(1), "customer")] {
            let email = format!("new-{role}@example.com");
            let form = json!({"username": format!("new_{role}"), "password": "password123", "role": role, "email": email});
            client.post("/api/auth/register", form).await.expect(201);
            assert_eq!(world.letters_to(&email).len(), usize::from(role == "staff"));
        }
        let customer = world.customer(1, 1);
        assert!(customer.get("/api/auth/me").await.expect(200)["email_verified"].is_null());
        customer.post("/api/auth/email/resend", json!({})).await.problem(403, "permission_denied");
        world.anonymous(1).post("/api/auth/email/resend", json!({})).await.problem(401, "authentication_required");
    }

    async fn who_registers_without_an_address_gets_no_letter(world) {
        let form = json!({"username": "dora", "password": "password123", "role": "owner", "vendor_domain": "dora.example.com"});
        world.stranger().post("/api/auth/register", form).await.expect(201);
        assert_eq!(world.peek(1, "SELECT recipient AS value FROM mails"), Vec::<String>::new());
    }

    async fn a_registration_that_is_refused_sends_nothing(world) {
        let form = json!({"username": "dora", "password": "password123", "role": "owner", "vendor_domain": "vendor1.example.com", "email": "dora@example.com"});
        world.stranger().post("/api/auth/register", form).await.problem(409, "domain_taken");
        let form = json!({"username": "owner1", "password": "password123", "role": "owner", "vendor_domain": "dora.example.com", "email": "dora@example.com"});
        world.stranger().post("/api/auth/register", form).await.problem(409, "username_taken");
        assert_eq!(world.peek(1, "SELECT recipient AS value FROM mails"), Vec::<String>::new());
    }

    async fn another_address_has_yet_to_be_proved_and_the_old_one_is_told(world) {
        let owner = world.owner(1);
        resend(&owner).await;
        verify(&world.anonymous(1), &world.mailed_token("owner1@vendor1.example.com")).await.expect(204);
        // The same address, written otherwise, is proved.
        owner.patch("/api/auth/me", json!({"email": "Owner1@Vendor1.example.com"})).await.expect(200);
        assert!(is_verified(&owner).await);
        let changed = owner.patch("/api/auth/me", json!({"email": "new@example.com", "current_password": "password123"})).await.expect(200);
        assert_eq!(changed["email_verified"], false);
        let told = world.letters_to("Owner1@Vendor1.example.com");
        assert!(told.iter().any(|letter| letter.text.contains("address of your account was changed")), "{told:?}");
        verify(&world.stranger(), &world.mailed_token("new@example.com")).await.expect(204);
        assert!(is_verified(&owner).await);
        owner.patch("/api/auth/me", json!({"email": null, "current_password": "password123"})).await.expect(200);
        assert!(!is_verified(&owner).await);
    }

    async fn a_token_proves_the_address_that_it_was_mailed_to_and_no_other(world) {
        let owner = world.owner(1);
        resend(&owner).await;
        let token = world.mailed_token("owner1@vendor1.example.com");
        owner.patch("/api/auth/me", json!({"email": "new@example.com", "current_password": "password123"})).await.expect(200);
        verify(&world.stranger(), &token).await.problem(422, "validation_failed");
        assert!(!is_verified(&owner).await);
    }

    async fn a_token_for_a_new_password_is_gone_with_the_address_that_it_was_mailed_to(world) {
        world.anonymous(1).post("/api/auth/password/forgot", json!({"username": "owner1"})).await.expect(202);
        let token = world.mailed_token("owner1@vendor1.example.com");
        world.owner(1).patch("/api/auth/me", json!({"email": "new@example.com", "current_password": "password123"})).await.expect(200);
        let body = json!({"token": token, "new_password": "a-new-password"});
        world.anonymous(1).post("/api/auth/password/reset", body).await.problem(422, "validation_failed");
    }

    async fn each_kind_of_token_is_good_for_its_own_thing_only(world) {
        resend(&world.owner(1)).await;
        let token = world.mailed_token("owner1@vendor1.example.com");
        let body = json!({"token": token, "new_password": "a-new-password"});
        world.anonymous(1).post("/api/auth/password/reset", body).await.problem(422, "validation_failed");
        world.anonymous(1).post("/api/auth/password/forgot", json!({"username": "vendor1_staff1"})).await.expect(202);
        verify(&world.anonymous(1), &world.mailed_token("vendor1_staff1@vendor1.example.com")).await.problem(422, "validation_failed");
        verify(&world.anonymous(1), &token).await.expect(204);
    }

    async fn a_token_is_good_for_three_days(world) {
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        resend(&owner).await;
        let token = world.mailed_token("owner1@vendor1.example.com");
        world.advance(TimeDelta::days(3));
        verify(&world.anonymous(1), &token).await.problem(422, "validation_failed");
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        resend(&owner).await;
        world.advance(TimeDelta::days(3) - TimeDelta::seconds(1));
        verify(&world.anonymous(1), &world.mailed_token("owner1@vendor1.example.com")).await.expect(204);
    }

    async fn nobody_can_have_a_stranger_flooded_with_letters(world) {
        let owner = world.owner(1);
        for number in 0..12 {
            owner.patch("/api/auth/me", json!({"email": format!("me{number}@example.com"), "current_password": "password123"})).await.expect(200);
            owner.patch("/api/auth/me", json!({"email": "victim@example.com", "current_password": "password123"})).await.expect(200);
            resend(&owner).await;
        }
        assert!(world.peek(1, "SELECT recipient AS value FROM mails").len() <= 5);
    }
}
