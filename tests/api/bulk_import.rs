//! Vendors from a CSV file.

use crate::operators::operator;
use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use stoa::mail::Links;

const HEADER: &str = "vendor_name,subdomain,owner_name,owner_email,owner_phone,business_address,business_city,business_postal_code,\
                      business_country,letzshop_csv_url,initial_password";

/// A file of these rows.
fn file(rows: &[&str]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

const DAHLIAS: &str = "Dora's Dahlias,dahlias,Dora Maar,dora@dahlias.example.com,+352 27 55 11,1 Rue de la Gare,Luxembourg,L-1611,LU,\
                       https://feeds.example.com/dahlias.csv,only-for-once";
const EGGS: &str = "\"Emil's \"\"Eggs\"\", fresh\",eggs,Emil,emil@eggs.example.com,,,,,,,a second secret";

async fn send(operator: &Client, query: &str, file: impl Into<Vec<u8>>) -> Reply {
    operator.send_raw(Method::POST, &format!("/api/admin/vendors/bulk-import{query}"), file.into(), Some("text/csv; charset=utf-8")).await
}

async fn import(operator: &Client, rows: &[&str]) -> Value {
    send(operator, "", file(rows)).await.expect(200)
}

/// The status of each row, with the column and the code of the first thing that is wrong with it.
fn told(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let one = |row: &Value| {
        format!("{} {} {} {}", row["row"], text(&row["status"]), text(&row["errors"][0]["column"]), text(&row["errors"][0]["code"]))
    };
    report["rows"].as_array().unwrap().iter().map(one).map(|text| text.trim_end().to_owned()).collect()
}

async fn vendors(operator: &Client) -> Vec<String> {
    let page = operator.get("/api/admin/vendors?limit=100").await.expect(200);
    page["items"].as_array().unwrap().iter().map(|vendor| vendor["domain"].as_str().unwrap().to_owned()).collect()
}

async fn log_in(world: &World, domain: &str, login: Value) -> Reply {
    world.stranger().at(domain).post("/api/auth/login", login).await
}

/// Has a user prove that mail reaches them.
pub fn prove(world: &World, user: i64) {
    world.sql(&format!("UPDATE users SET email_verified_at = created_at WHERE id = {user}"));
}

both_engines! {
    async fn a_file_opens_shops_whose_owners_set_a_password_of_their_own(world) {
        let operator = operator(&world).await;
        let report = import(&operator, &[DAHLIAS, EGGS]).await;
        assert_eq!(told(&report), ["2 created", "3 created"]);
        assert_eq!((&report["created"], &report["failed"], &report["stopped"], &report["dry_run"]), (&json!(2), &json!(0), &json!(null), &json!(false)));
        let vendor = operator.get(&format!("/api/admin/vendors/{}", report["rows"][0]["vendor_id"])).await.expect(200);
        let expected = json!({
            "name": "Dora's Dahlias", "domain": "dahlias.localhost", "subdomain": "dahlias", "contact_email": "dora@dahlias.example.com",
            "contact_phone": "+352 27 55 11", "business_address": "1 Rue de la Gare", "business_city": "Luxembourg",
            "business_postal_code": "L-1611", "business_country": "LU", "letzshop_csv_url": "https://feeds.example.com/dahlias.csv",
        });
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&vendor[member], value, "{member}");
        }
        let eggs = operator.get("/api/admin/vendors?q=eggs").await.expect(200);
        assert_eq!(eggs["items"][0]["name"], "Emil's \"Eggs\", fresh");
        let user = operator.get("/api/admin/users?q=dora%40dahlias").await.expect(200)["items"][0].clone();
        assert_eq!((&user["first_name"], &user["last_name"], &user["must_change_password"]), (&json!("Dora"), &json!("Maar"), &json!(true)));

        let login = |password: &str| json!({"email": "Dora@dahlias.example.com", "password": password});
        log_in(&world, "dahlias.localhost", login("a second secret")).await.problem(401, "invalid_credentials");
        log_in(&world, "dahlias.localhost", login("only-for-once")).await.problem(403, "password_change_required");
        let mut own = login("only-for-once");
        own["new_password"] = json!("a password of mine");
        let pair = log_in(&world, "dahlias.localhost", own.clone()).await.expect(200);
        assert_eq!(pair["user"]["role"], "owner");
        log_in(&world, "dahlias.localhost", own).await.problem(401, "invalid_credentials");
        log_in(&world, "dahlias.localhost", login("a password of mine")).await.expect(200);
        let user = operator.get(&format!("/api/admin/users/{}", user["id"])).await.expect(200);
        assert_eq!(user["must_change_password"], false);
    }

    async fn a_first_password_is_good_for_two_weeks_before_and_after_it_was_hashed_again(world) {
        let operator = operator(&world).await;
        import(&operator, &[DAHLIAS, EGGS]).await;
        let hashes = || world.peek(1, "SELECT password_hash AS value FROM users WHERE must_change_password = TRUE ORDER BY id");
        // It is done by itself, in the background; here it may not be done yet.
        stoa::housekeeping::resume_once(&world.db, &World::passwords(), &Links::new("http://stoa.test")).await.unwrap();
        assert!(hashes().iter().all(|hash| hash.starts_with("$first$") && hash.contains("$argon2id$v=19$m=19456,t=2,p=1$")), "{:?}", hashes());
        assert!(hashes().iter().all(|hash| !hash.contains("only-for-once")));
        let login = json!({"email": "emil@eggs.example.com", "password": "a second secret"});
        log_in(&world, "eggs.localhost", login.clone()).await.problem(403, "password_change_required");
        world.advance(TimeDelta::days(14));
        log_in(&world, "eggs.localhost", login).await.problem(401, "invalid_credentials");
    }

    async fn the_same_file_again_changes_nothing_and_another_one_what_it_says(world) {
        let operator = operator(&world).await;
        import(&operator, &[DAHLIAS, EGGS]).await;
        let again = import(&operator, &[DAHLIAS, EGGS]).await;
        assert_eq!(told(&again), ["2 unchanged", "3 unchanged"]);
        let moved = DAHLIAS.replace("1 Rue de la Gare", "2 Rue de la Gare").replace("Luxembourg", "").replace("only-for-once", "another password");
        let report = import(&operator, &[&moved, EGGS]).await;
        assert_eq!(told(&report), ["2 updated", "3 unchanged"]);
        let vendor = operator.get(&format!("/api/admin/vendors/{}", report["rows"][0]["vendor_id"])).await.expect(200);
        assert_eq!((&vendor["business_address"], &vendor["business_city"]), (&json!("2 Rue de la Gare"), &json!("Luxembourg")), "an empty cell says nothing");
        let login = |password: &str| json!({"email": "dora@dahlias.example.com", "password": password});
        log_in(&world, "dahlias.localhost", login("another password")).await.problem(401, "invalid_credentials");
        log_in(&world, "dahlias.localhost", login("only-for-once")).await.problem(403, "password_change_required");
    }

    async fn an_owner_who_is_known_owns_more_shops_with_the_password_they_have(world) {
        let operator = operator(&world).await;
        prove(&world, 4);
        let known = EGGS.replace("emil@eggs.example.com", "OWNER2@vendor2.example.com");
        let (first, second) = (DAHLIAS.replace("dahlias,Dora", "tulips,Dora"), DAHLIAS.replace("dahlias,Dora", "roses,Dora"));
        let report = import(&operator, &[&known, &first, &second, &DAHLIAS.replace("only-for-once", "")]).await;
        assert_eq!(told(&report), ["2 created", "3 created", "4 created", "5 created"]);
        let login = |password: &str| json!({"username": "owner2", "password": password});
        log_in(&world, "eggs.localhost", login("a second secret")).await.problem(401, "invalid_credentials");
        assert_eq!(log_in(&world, "eggs.localhost", login("password123")).await.expect(200)["user"]["role"], "owner");
        let dora = operator.get("/api/admin/users?q=dora%40").await.expect(200);
        assert_eq!((dora["items"].as_array().unwrap().len(), dora["items"][0]["memberships"].as_array().unwrap().len()), (1, 3));
    }

    async fn a_vendor_that_is_there_is_changed_for_its_owners_only(world) {
        let operator = operator(&world).await;
        let before = operator.get("/api/admin/vendors/1").await.expect(200);
        prove(&world, 4);
        // A member, the owner of another shop, and somebody new: who has the subdomain first may be anybody.
        for email in ["vendor1_staff1@vendor1.example.com", "owner2@vendor2.example.com", "dora@dahlias.example.com"] {
            let row = format!("Another name,vendor1,Dora,{email},,,,,,,a good password");
            assert_eq!(told(&import(&operator, &[&row]).await), ["2 failed owner_email another_owner"], "{email}");
        }
        assert_eq!(operator.get("/api/admin/vendors/1").await.expect(200), before);
        let row = "Another name,vendor1,Alice,Owner1@vendor1.example.com,,,,,,,";
        assert_eq!(told(&import(&operator, &[row]).await), ["2 updated"]);
        let after = operator.get("/api/admin/vendors/1").await.expect(200);
        assert_eq!((&after["name"], &after["owners"], &after["domain"]), (&json!("Another name"), &before["owners"], &before["domain"]));
        // An owner who is out has nothing to say, either.
        world.sql("UPDATE members SET is_active = false WHERE vendor_id = 1 AND user_id = 1");
        assert_eq!(told(&import(&operator, &[row]).await), ["2 failed owner_email another_owner"]);
    }

    async fn nobody_is_given_a_shop_by_having_said_that_an_address_is_theirs(world) {
        let operator = operator(&world).await;
        let edit = json!({"email": "dora@dahlias.example.com", "current_password": "password123"});
        world.owner(3).patch("/api/auth/me", edit).await.expect(200);
        assert_eq!(told(&import(&operator, &[DAHLIAS]).await), ["2 failed owner_email unproved_address"]);
        prove(&world, 7);
        assert_eq!(told(&import(&operator, &[DAHLIAS]).await), ["2 created"]);
    }

    async fn a_bad_row_is_told_of_and_keeps_none_of_the_others_up(world) {
        let operator = operator(&world).await;
        let bad = |from: &str, to: &str| DAHLIAS.replace(from, to).replace("dahlias,Dora", "dahlias2,Dora");
        let rows = [
            (bad("Dora's Dahlias", ""), "failed vendor_name required"),
            (bad("Dora's Dahlias", "=HYPERLINK(1)"), "failed vendor_name formula"),
            (bad("Dora Maar", "@dora"), "failed owner_name formula"),
            (bad("1 Rue", "-1 Rue"), "failed business_address formula"),
            (bad("+352 27 55 11", "+cmd|' /C calc'!A0"), "failed owner_phone invalid_phone"),
            (bad("dora@dahlias.example.com", "dora"), "failed owner_email invalid_email"),
            (bad("dora@dahlias.example.com", "ops@stoa.example"), "failed owner_email not_an_owner"),
            (DAHLIAS.replace("dahlias,Dora", "a b,Dora"), "failed subdomain invalid_domain"),
            (DAHLIAS.replace("dahlias,Dora", "www,Dora"), "failed subdomain domain_taken"),
            (bad("https://feeds", "ftp://feeds"), "failed letzshop_csv_url invalid_url"),
            (bad("only-for-once", "short"), "failed initial_password invalid_length"),
            (DAHLIAS.replace("dahlias,Dora", "dahlias3,Dora").replace("only-for-once", ""), "failed initial_password required"),
            (bad("Luxembourg", &"x".repeat(101)), "failed business_city invalid_length"),
            (bad("Luxembourg", "\"Luxem\nbourg\""), "failed business_city control_character"),
            (bad(",LU,", ",LU,,"), "failed initial_password wrong_number_of_cells"),
            (bad(",LU,", ","), "failed initial_password wrong_number_of_cells"),
            (DAHLIAS.to_owned(), "created"),
            (DAHLIAS.to_owned(), "failed subdomain duplicate"),
            (DAHLIAS.replace("dahlias,Dora", "DAHLIAS,Dora"), "failed subdomain duplicate"),
            (EGGS.to_owned(), "created"),
        ];
        let texts: Vec<_> = rows.iter().map(|(row, _)| row.as_str()).collect();
        let report = import(&operator, &texts).await;
        let expected: Vec<_> = rows.iter().enumerate().map(|(index, (_, expected))| format!("{} {expected}", index + 2)).collect();
        assert_eq!(told(&report), expected);
        assert_eq!((&report["created"], &report["failed"]), (&json!(2), &json!(18)));
        assert!(!report.to_string().contains("only-for-once"));
        assert_eq!(vendors(&operator).await.len(), 5);
    }

    async fn a_dry_run_tells_and_does_nothing(world) {
        let operator = operator(&world).await;
        let rows = [DAHLIAS, "Alice's Watches,vendor1,,owner1@vendor1.example.com,,,,,,,", "Books,vendor2,,owner2@vendor2.example.com,,,,,,,", "x"];
        let report = send(&operator, "?dry_run=true", file(&rows)).await.expect(200);
        assert_eq!(told(&report), ["2 created", "3 unchanged", "4 updated", "5 failed subdomain wrong_number_of_cells"]);
        assert_eq!((&report["dry_run"], &report["rows"][0]["vendor_id"], &report["rows"][2]["vendor_id"]), (&json!(true), &json!(null), &json!(2)));
        assert_eq!(vendors(&operator).await.len(), 3);
        assert_eq!(operator.get("/api/admin/vendors/2").await.expect(200)["name"], "Bruno's Books");
        assert_eq!(operator.get("/api/admin/users?q=dora").await.expect(200)["items"], json!([]));
        send(&operator, "?dry_run=maybe", file(&rows)).await.problem(400, "invalid_parameter");
        assert_eq!(told(&send(&operator, "?dry_run=false", file(&[DAHLIAS])).await.expect(200)), ["2 created"]);
    }

    async fn a_file_that_is_none_is_refused_whole_with_row_and_column(world) {
        let operator = operator(&world).await;
        let good = file(&[DAHLIAS]);
        let refuse = async |file: Vec<u8>, row: u64, column: &str, code: &str| {
            let problem = send(&operator, "", file).await.problem(422, "invalid_csv");
            assert_eq!((&problem["row"], &problem["column"], &problem["errors"][0]["code"]), (&json!(row), &json!(column), &json!(code)), "{problem}");
        };
        refuse(Vec::new(), 1, "vendor_name", "empty").await;
        refuse([b"\xEF\xBB\xBF".as_slice(), good.as_bytes()].concat(), 1, "vendor_name", "byte_order_mark").await;
        refuse(good.encode_utf16().flat_map(u16::to_le_bytes).collect(), 1, "vendor_name", "control_character").await;
        refuse(good.replace(',', ";").into_bytes(), 1, "vendor_name", "wrong_delimiter").await;
        refuse(good.replace(',', "\t").into_bytes(), 1, "vendor_name", "wrong_delimiter").await;
        refuse(good.replace("owner_email", "owner_mail").into_bytes(), 1, "owner_email", "wrong_header").await;
        refuse(good.replace("vendor_name,subdomain", "subdomain,vendor_name").into_bytes(), 1, "vendor_name", "wrong_header").await;
        refuse(good.replace(",initial_password", "").into_bytes(), 1, "initial_password", "wrong_header").await;
        refuse(good.replace("initial_password", "initial_password,more").into_bytes(), 1, "12", "wrong_header").await;
        refuse(DAHLIAS.as_bytes().to_vec(), 1, "vendor_name", "wrong_header").await;
        refuse([good.as_bytes(), b"Caf\xE9,cafe"].concat(), 3, "vendor_name", "invalid_encoding").await;
        refuse([good.as_bytes(), b"Cafe,ca\0fe"].concat(), 3, "subdomain", "control_character").await;
        refuse(format!("{good}Cafe,\"cafe,x\n{EGGS}").into_bytes(), 3, "subdomain", "stray_quote").await;
        refuse(format!("{good}Cafe,\"cafe,x\n").into_bytes(), 3, "subdomain", "unclosed_quote").await;
        refuse(format!("{good}Cafe,ca\"fe\n").into_bytes(), 3, "subdomain", "stray_quote").await;
        refuse(format!("{good}{}", "x".repeat(5000)).into_bytes(), 3, "vendor_name", "too_long").await;
        assert_eq!(vendors(&operator).await.len(), 3, "nothing was done");
        // Line ends of any kind, empty lines, and none at the end.
        for good in [good.replace('\n', "\r\n"), format!("\n{HEADER}\n\n{EGGS}"), format!("{HEADER}\n")] {
            send(&operator, "", good).await.expect(200);
        }
        assert_eq!(vendors(&operator).await.len(), 5);
    }

    async fn only_a_file_of_a_size_that_is_allowed_is_taken(world) {
        let world = World::with(world.engine, &[("RATE_LIMITS", "off"), ("IMPORT_MAX_MIB", "1")]).await;
        let operator = operator(&world).await;
        let path = "/api/admin/vendors/bulk-import";
        operator.send_raw(Method::POST, path, file(&[DAHLIAS]).into_bytes(), Some("application/json")).await.problem(415, "unsupported_media_type");
        operator.post(path, json!({})).await.problem(415, "unsupported_media_type");
        let coded = operator.clone().with("content-encoding", "gzip");
        send(&coded, "", file(&[DAHLIAS])).await.problem(415, "unsupported_media_type");
        let large = format!("{}{}", file(&[DAHLIAS]), "\n".repeat(1024 * 1024));
        send(&operator, "", large.clone()).await.problem(413, "payload_too_large");
        // What does not say how much it is.
        let token = operator.as_text("POST", path, "").lines().find(|line| line.starts_with("authorization")).unwrap().to_owned();
        let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{token}\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
        let chunked = format!("{head}{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
        let (status, answer) = world.send_bytes(chunked.into_bytes()).await;
        assert!(status == 413 && answer.contains("payload_too_large"), "{answer}");
        // One gibibyte, announced: nothing of it needs to come.
        let huge = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{token}\r\nContent-Type: text/csv\r\nContent-Length: 1073741824\r\nConnection: close\r\n\r\nx");
        assert_eq!(world.send_bytes(huge.into_bytes()).await.0, 413);
        assert_eq!(vendors(&operator).await.len(), 3);
    }

    async fn who_goes_away_while_sending_has_done_nothing(world) {
        let operator = operator(&world).await;
        let whole = operator.as_text("POST", "/api/admin/vendors/bulk-import", &file(&[DAHLIAS, EGGS])).replace("application/json", "text/csv");
        let half = whole.as_bytes()[..whole.len() - 40].to_vec();
        let address = world.base.trim_start_matches("http://").to_owned();
        actix_web::web::block(move || std::io::Write::write_all(&mut std::net::TcpStream::connect(address).unwrap(), &half).unwrap()).await.unwrap();
        assert_eq!(vendors(&operator).await.len(), 3);
        assert_eq!(told(&import(&operator, &[DAHLIAS]).await), ["2 created"], "and is in nobody's way");
    }

    async fn many_rows_are_done_whole_even_for_who_does_not_wait(world) {
        let operator = operator(&world).await;
        let rows: Vec<_> = (0..300).map(|n| format!("Shop {n},shop{n},Owner {n},owner{n}@shops.example,,,,,,,first password {n}")).collect();
        let rows: Vec<_> = rows.iter().map(String::as_str).collect();
        let impatient = operator.as_text("POST", "/api/admin/vendors/bulk-import", &file(&rows)).replace("application/json", "text/csv");
        let address = world.base.trim_start_matches("http://").to_owned();
        actix_web::web::block(move || {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            std::io::Write::write_all(&mut stream, impatient.as_bytes()).unwrap();
            let mut some = [0; 2000];
            std::io::Read::read(&mut stream, &mut some).unwrap();
        })
        .await
        .unwrap();
        // Whatever is there is whole, and the rest is done by sending the file again.
        let report = loop {
            let reply = send(&operator, "", file(&rows)).await;
            if reply.status != 503 {
                break reply.expect(200);
            }
        };
        assert_eq!(report["created"].as_u64().unwrap() + report["unchanged"].as_u64().unwrap(), 300, "{}", report["stopped"]);
        let halves = "SELECT v.subdomain AS value FROM vendors v WHERE v.subdomain LIKE 'shop%' AND (NOT EXISTS (SELECT 1 FROM members m \
                      JOIN users u ON u.id = m.user_id WHERE m.vendor_id = v.id AND u.email LIKE 'owner%' AND u.must_change_password = TRUE) \
                      OR (SELECT COUNT(*) FROM roles r WHERE r.vendor_id = v.id) <> 5)";
        assert_eq!(world.peek(1, halves), Vec::<String>::new());
    }
}
