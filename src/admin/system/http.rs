//! `/api/admin/system`.

use super::model::{Condition, DatabaseHealth, MailHealth, MigrationHealth, SystemHealth, WriterHealth};
use crate::access::Operator;
use crate::db::Db;
use crate::mail;
use actix_web::{get, web};
use std::time::Instant;

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(get_system_health);
}

/// See how the machinery is
///
/// The database, what writes to it, the tables, and the letters. It tells what is wrong rather than failing, as `/readyz` does.
#[utoipa::path(tag = "Operator", security(("token" = [])), responses((status = 200, body = SystemHealth)))]
#[get("/admin/system/health")]
async fn get_system_health(_operator: Operator, db: web::Data<Db>) -> web::Json<SystemHealth> {
    web::Json(examine(&db).await)
}

fn micros_since(began: Instant) -> u64 {
    u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX)
}

async fn examine(db: &Db) -> SystemHealth {
    let began = Instant::now();
    let is_answering = db.read_control(|_| Ok(())).await.is_ok();
    let read = micros_since(began);
    let began = Instant::now();
    let is_working = db.write_control(|_| Ok(())).await.is_ok();
    let written = micros_since(began);
    let migrations =
        db.migrations().await.map(|state| MigrationHealth { applied: state.applied, pending: state.pending, latest: state.latest });
    let mail = db.read_control(|scope| Ok(mail::queue(scope)?)).await.unwrap_or_default();
    let (activity, (engine, pool_size)) = (db.activity(), db.engine());
    let is_good = is_answering && is_working && migrations.as_ref().is_ok_and(|migrations| migrations.pending == 0);
    SystemHealth {
        status: if is_good { Condition::Good } else { Condition::Degraded },
        version: env!("CARGO_PKG_VERSION"),
        database: DatabaseHealth { is_answering, micros: read, engine, pool_size, connections: activity.connections, idle: activity.idle },
        writer: WriterHealth { is_working, micros: written, waiting: activity.waiting, commits: activity.commits, writes: activity.writes },
        migrations: migrations.unwrap_or_default(),
        mail: MailHealth { waiting: mail.waiting, oldest: mail.oldest, failed: mail.failed },
    }
}
