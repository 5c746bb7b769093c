//! How entries are chained, so that changing, removing or slipping in one of them breaks the chain.
//!
//! An entry's hash is SHA-256 (FIPS 180-4), in hexadecimal digits, of the hash of the entry before and of what the entry says: linear
//! linking, as S. Haber and W. S. Stornetta described it ("How to time-stamp a digital document", Journal of Cryptology 3,
//! 1991). The hash before the first is empty. What is hashed is a sequence of netstrings (D. J. Bernstein, 1997,
//! <https://cr.yp.to/proto/netstrings.txt>: the number of bytes, `:`, the bytes, `,`), which can be read in one way only.
//! What is absent is written as `-`, with which no netstring begins. In this order:
//!
//! 1. `stoa audit 1`, the name of this form;
//! 2. the hash of the entry before;
//! 3. the vendor's id, the position in the chain from 1, the instant in microseconds since 1970;
//! 4. the actor's kind and id, the impersonator's id, the API key's id, the address, the id of the request;
//! 5. the action, the target's kind and id;
//! 6. the JSON before and after, byte by byte as it is kept.

use super::store::Record;
use crate::base::hex;
use sha2::{Digest, Sha256};

/// The hash before the first entry's.
pub(super) const BEGINNING: &str = "";

/// The name of the form, which changes when the form does.
const FORM: &str = "stoa audit 1";

/// The hash of an entry that comes after the one with the hash `previous`.
pub(super) fn hash(previous: &str, record: &Record) -> String {
    let number = |number: i64| Some(number.to_string());
    let fields = [
        Some(FORM.to_owned()),
        Some(previous.to_owned()),
        record.vendor.map(|id| id.to_string()),
        number(record.position),
        number(record.occurred_at.micros()),
        Some(record.actor_kind.clone()),
        record.actor_id.and_then(number),
        record.impersonator_id.and_then(number),
        record.api_key_id.and_then(number),
        record.address.clone(),
        record.request_id.clone(),
        Some(record.action.clone()),
        Some(record.target_kind.clone()),
        number(record.target_id),
        record.before.clone(),
        record.after.clone(),
    ];
    let mut digest = Sha256::new();
    for field in fields {
        match field {
            Some(text) => digest.update(format!("{}:{text},", text.len())),
            None => digest.update("-"),
        }
    }
    hex::encode(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::{BEGINNING, Record, hash};
    use crate::base::id::VendorId;
    use crate::base::time::Timestamp;

    fn record() -> Record {
        Record {
            vendor: Some(VendorId(7)),
            position: 1,
            occurred_at: Timestamp::from_micros(1_769_860_800_000_000).unwrap(),
            actor_kind: "member".to_owned(),
            actor_id: Some(1),
            impersonator_id: None,
            api_key_id: None,
            address: Some("127.0.0.1".to_owned()),
            request_id: Some("r-1".to_owned()),
            action: "product.deleted".to_owned(),
            target_kind: "product".to_owned(),
            target_id: 5,
            before: Some(r#"{"name":"Ünder"}"#.to_owned()),
            after: None,
            hash: String::new(),
        }
    }

    #[test]
    fn the_form_is_the_one_that_is_written_down() {
        // printf '12:stoa audit 1,0:,1:7,1:1,16:1769860800000000,6:member,1:1,--9:127.0.0.1,3:r-1,15:product.deleted,7:product,1:5,17:{"name":"Ünder"},-' | sha256sum
        assert_eq!(hash(BEGINNING, &record()), "890b975770bf53eaad33e3f12cc29e8e375111811a829174f68ef4862b5f3ff1");
    }

    #[test]
    fn whatever_is_said_otherwise_has_another_hash() {
        let same = hash(BEGINNING, &record());
        assert_ne!(hash("0", &record()), same);
        let others: [fn(&mut Record); 15] = [
            |one| one.vendor = None,
            |one| one.position = 2,
            |one| one.occurred_at = Timestamp::from_micros(1_769_860_800_000_001).unwrap(),
            |one| one.actor_kind = "operator".to_owned(),
            |one| one.actor_id = None,
            |one| (one.actor_id, one.impersonator_id) = (None, Some(1)),
            |one| one.impersonator_id = Some(1),
            |one| one.api_key_id = Some(1),
            |one| one.address = None,
            |one| one.request_id = Some("-r-1".to_owned()),
            |one| one.action = "product.archived".to_owned(),
            |one| one.target_kind = "order".to_owned(),
            |one| one.target_id = 51,
            |one| one.before = None,
            |one| (one.before, one.after) = (None, one.before.take()),
        ];
        for change in others {
            let mut other = record();
            change(&mut other);
            assert_ne!(hash(BEGINNING, &other), same, "{other:?}");
        }
    }
}
