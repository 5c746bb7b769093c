//! Handing out permissions: whatever the permissions of two roles are, who has the one does with the other all or nothing.

use super::holds_there;
use crate::team_roles::try_pair;
use proptest::prelude::*;
use std::sync::Arc;
use stoa::access::{Permission, Permissions};

/// Any set of permissions; those with which a team is changed more often than not.
fn set() -> impl Strategy<Value = Permissions> {
    let team = [Permission::TeamManage, Permission::TeamRemove, Permission::TeamInvite, Permission::TeamView];
    (any::<u32>(), prop_oneof![2 => Just(15_u32), 1 => any::<u32>()]).prop_map(move |(mask, leading)| {
        let chosen = |list: &[Permission], mask: u32| {
            list.iter().enumerate().filter(|(n, _)| mask >> n & 1 == 1).map(|(_, one)| *one).collect::<Vec<_>>()
        };
        Permissions::of(&[chosen(Permission::ALL, mask), chosen(&team, leading)].concat())
    })
}

both_engines! {
    async fn nobody_hands_out_or_reaches_what_they_lack(world) {
        let world = Arc::new(world);
        let pairs = || (set(), set(), any::<bool>()).prop_map(|(leader, other, is_within)| (leader, if is_within { other.and(leader) } else { other }));
        holds_there(24, pairs, move |(leader, other)| {
            let world = Arc::clone(&world);
            async move {
                try_pair(&world, leader, other).await;
                Ok(())
            }
        })
        .await;
    }
}
