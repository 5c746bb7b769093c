//! What the handlers share, made once from the settings.

use super::around::Around;
use super::documents::{Document, Methods};
use super::observe::VendorPaths;
use crate::access::{Directory, Gate, Keys, Limits, Passwords, Turnstile};
use crate::admin::Importer;
use crate::catalog::Shelf;
use crate::config::Settings;
use crate::db::Db;
use crate::http::UploadLimit;
use crate::identity::Desk;
use crate::mail::Links;
use crate::tenancy::{Dns, Prover};
use actix_web::web;
use secrecy::SecretString;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Everything that lives as long as the server.
#[derive(Clone)]
pub struct State {
    db: web::Data<Db>,
    gate: web::Data<Gate>,
    desk: web::Data<Desk>,
    importer: web::Data<Importer>,
    upload_limit: web::Data<UploadLimit>,
    directory: web::Data<Directory>,
    shelf: web::Data<Shelf>,
    document: web::Data<Document>,
    methods: web::Data<Methods>,
    draining: web::Data<AtomicBool>,
    prover: web::Data<Prover>,
    vendor_paths: web::Data<VendorPaths>,
    around: Around,
}

impl State {
    /// The state for these settings; tokens are signed with the first of `secrets`.
    pub fn new(settings: &Settings, db: Db, secrets: &[SecretString]) -> Self {
        let directory =
            Arc::new(Directory::new(db.clone(), settings.clock.clone(), settings.platform_domain.clone(), settings.own_domains()));
        let keys = Arc::new(Keys::new(secrets, settings.public_url.clone(), settings.access_ttl, settings.refresh_ttl));
        let gate = Gate {
            db: db.clone(),
            directory: Arc::clone(&directory),
            keys: Arc::clone(&keys),
            clock: settings.clock.clone(),
            turnstile: Turnstile::new(db.clone(), Arc::clone(&directory), settings.clock.clone(), settings.rate_limits),
            trusted_proxies: settings.trusted_proxies.clone(),
        };
        let desk = Desk {
            db: db.clone(),
            directory: Arc::clone(&directory),
            keys,
            passwords: Passwords::new(settings.workers).knowing(secrets),
            limits: Limits::new(settings.clock.clone(), settings.rate_limits),
            clock: settings.clock.clone(),
            first_password_ttl: settings.first_password_ttl,
            links: Links::new(&settings.web_url),
            allow_owner_signup: settings.allow_owner_signup,
        };
        let desk = web::Data::new(desk);
        let document = super::document();
        Self {
            document: web::Data::new(Document::of(&document)),
            methods: web::Data::new(Methods::of(&document)),
            db: web::Data::new(db),
            gate: web::Data::new(gate),
            importer: web::Data::new(Importer::new(desk.clone().into_inner())),
            upload_limit: web::Data::new(UploadLimit(settings.import_max)),
            desk,
            directory: web::Data::from(directory),
            shelf: web::Data::new(Shelf::new(settings.page_cache)),
            draining: web::Data::new(AtomicBool::new(false)),
            prover: web::Data::new(Prover {
                resolver: Arc::new(Dns(settings.dns_servers.clone())),
                limits: Limits::new(settings.clock.clone(), settings.rate_limits),
            }),
            vendor_paths: web::Data::new(VendorPaths(settings.vendor_paths)),
            around: Around::new(settings.cors_origins.clone()),
        }
    }

    /// Whether the server is about to stop; readiness fails then.
    pub(super) fn draining(&self) -> &AtomicBool {
        &self.draining
    }

    /// What is around every answer.
    pub(super) fn around(&self) -> Around {
        self.around.clone()
    }

    pub(super) fn provide(&self, config: &mut web::ServiceConfig) {
        config
            .app_data(self.db.clone())
            .app_data(self.gate.clone())
            .app_data(self.desk.clone())
            .app_data(self.importer.clone())
            .app_data(self.upload_limit.clone())
            .app_data(self.directory.clone())
            .app_data(self.shelf.clone())
            .app_data(self.document.clone())
            .app_data(self.methods.clone())
            .app_data(self.draining.clone())
            .app_data(self.prover.clone())
            .app_data(self.vendor_paths.clone());
    }
}
