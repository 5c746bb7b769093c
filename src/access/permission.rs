//! The one table of permissions and built-in roles, and how a handler's signature names what it needs.

use crate::base::text_enum::text_enum;

text_enum! {
    /// What a member may be allowed to do inside one vendor.
    pub enum Permission {
        /// See the team.
        TeamView = "team.view",
        /// Invite people into the team.
        TeamInvite = "team.invite",
        /// Change members and roles.
        TeamManage = "team.manage",
        /// Remove members.
        TeamRemove = "team.remove",
        /// See customers.
        CustomersView = "customers.view",
        /// Change customers.
        CustomersEdit = "customers.edit",
        /// See products that are not on sale.
        ProductsView = "products.view",
        /// Add products.
        ProductsCreate = "products.create",
        /// Change products.
        ProductsEdit = "products.edit",
        /// Delete products.
        ProductsDelete = "products.delete",
        /// See all orders.
        OrdersView = "orders.view",
        /// See the orders assigned to oneself.
        OrdersViewAssigned = "orders.view_assigned",
        /// Place orders for customers.
        OrdersCreate = "orders.create",
        /// Change all orders.
        OrdersEdit = "orders.edit",
        /// Change the orders assigned to oneself.
        OrdersEditAssigned = "orders.edit_assigned",
        /// Assign orders to staff.
        OrdersAssign = "orders.assign",
        /// Give money back.
        OrdersRefund = "orders.refund",
        /// Change shipments.
        ShipmentsEdit = "shipments.edit",
        /// See imports.
        ImportsView = "imports.view",
        /// Start imports.
        ImportsTrigger = "imports.trigger",
        /// Set up imports.
        ImportsConfigure = "imports.configure",
        /// Change the vendor's settings.
        SettingsEdit = "settings.edit",
        /// Set up webhooks.
        WebhooksManage = "webhooks.manage",
        /// Set up API keys.
        ApikeysManage = "apikeys.manage",
        /// See figures.
        AnalyticsView = "analytics.view",
        /// See who did what.
        AuditView = "audit.view",
    }
}

/// A set of permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u32);

impl Permissions {
    /// Those of a role: a built-in one's stand in the table below, another's are its `own`.
    pub fn of_role(name: &str, is_builtin: bool, own: &[Permission]) -> Self {
        let builtin = BuiltinRole::ALL.iter().find(|role| is_builtin && role.as_str() == name);
        builtin.map_or_else(|| Self::of(own), |role| role.permissions())
    }

    /// Every one.
    pub fn all() -> Self {
        Self::of(Permission::ALL)
    }

    /// These.
    pub fn of(list: &[Permission]) -> Self {
        Self(list.iter().fold(0, |set, permission| set | bit(*permission)))
    }

    /// Whether it has this one.
    pub fn has(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Those that are in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those of the set that `other` has not.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its members, in the order of the table.
    pub fn list(self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|permission| self.has(*permission)).collect()
    }
}

fn bit(permission: Permission) -> u32 {
    1 << permission as u32
}

text_enum! {
    /// The roles that every vendor has and nobody can edit.
    pub enum BuiltinRole {
        /// Everything.
        Owner = "Owner",
        /// Runs the shop, but not the team's roles and the settings.
        Manager = "Manager",
        /// Keeps products and orders.
        Editor = "Editor",
        /// Looks.
        Viewer = "Viewer",
        /// Keeps products and the orders assigned to them.
        Staff = "Staff",
    }
}

impl BuiltinRole {
    /// What the role allows.
    pub fn permissions(self) -> Permissions {
        use Permission::{
            AnalyticsView, CustomersEdit, CustomersView, ImportsTrigger, ImportsView, OrdersAssign, OrdersCreate, OrdersEdit,
            OrdersEditAssigned, OrdersView, OrdersViewAssigned, ProductsCreate, ProductsDelete, ProductsEdit, ProductsView, ShipmentsEdit,
            TeamInvite, TeamView,
        };
        match self {
            Self::Owner => Permissions::all(),
            Self::Manager => Permissions::of(&[
                TeamView,
                TeamInvite,
                CustomersView,
                CustomersEdit,
                ProductsView,
                ProductsCreate,
                ProductsEdit,
                OrdersView,
                OrdersCreate,
                OrdersEdit,
                OrdersAssign,
                ShipmentsEdit,
                ImportsView,
                ImportsTrigger,
                AnalyticsView,
            ]),
            Self::Editor => {
                Permissions::of(&[ProductsView, ProductsCreate, ProductsEdit, OrdersView, OrdersEdit, ShipmentsEdit, ImportsView])
            }
            Self::Viewer => Permissions::of(&[ProductsView, OrdersView, ImportsView]),
            Self::Staff => {
                Permissions::of(&[ProductsView, ProductsCreate, ProductsEdit, ProductsDelete, OrdersViewAssigned, OrdersEditAssigned])
            }
        }
    }
}

/// What a handler asks of its caller. The types in [`needs`] are all there are.
pub trait Requirement: Send + Sync + 'static {
    /// Members need one of these; `None` turns all members away, an empty list lets them all in.
    const MEMBERS: Option<&'static [Permission]>;
    /// Whether customers may.
    const CUSTOMERS: bool;
    /// Whether the platform's operators may, even when the vendor is not active.
    const OPERATORS: bool;
    /// Whether a member's API keys may do it for them: where no permission is named, somebody is meant who has signed in.
    const KEYS: bool = matches!(Self::MEMBERS, Some([_, ..]));
}

/// What handlers ask for, by name.
pub mod needs {
    use super::Permission::{
        self, AnalyticsView, ApikeysManage, AuditView, CustomersEdit, CustomersView, OrdersAssign, OrdersCreate, OrdersEdit,
        OrdersEditAssigned, OrdersRefund, OrdersView, OrdersViewAssigned, ProductsCreate, ProductsDelete, ProductsEdit, SettingsEdit,
        TeamInvite, TeamManage, TeamRemove, TeamView,
    };
    use super::Requirement;

    macro_rules! needs {
        ($($(#[$doc:meta])* $name:ident: $members:expr, customers: $customers:literal, operators: $operators:literal $(, keys: $keys:literal)?;)+) => { $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;
            impl Requirement for $name {
                const MEMBERS: Option<&'static [Permission]> = $members;
                const CUSTOMERS: bool = $customers;
                const OPERATORS: bool = $operators;
                $(const KEYS: bool = $keys;)?
            }
        )+ };
    }

    needs! {
        /// Anybody who has signed in at this vendor.
        SignedIn: Some(&[]), customers: true, operators: true;
        /// A user, for what is their own: a member of the team, or an operator.
        BeUser: Some(&[]), customers: false, operators: true;
        /// A customer, for what is their own.
        BeCustomer: None, customers: true, operators: false;
        /// See the vendor's profile.
        SeeVendor: Some(&[]), customers: true, operators: true, keys: true;
        /// See how the vendor does business.
        SeeSettings: Some(&[]), customers: true, operators: true, keys: true;
        /// Change the vendor's profile and settings.
        EditVendor: Some(&[SettingsEdit]), customers: false, operators: true;
        /// See whom orders may be assigned to.
        SeeStaff: Some(&[TeamView, OrdersAssign]), customers: false, operators: false;
        /// Be of the team, for what is one's own.
        BeMember: Some(&[]), customers: false, operators: false;
        /// See the team.
        SeeTeam: Some(&[TeamView, TeamManage]), customers: false, operators: false;
        /// See the roles that somebody may have.
        SeeRoles: Some(&[TeamView, TeamInvite, TeamManage]), customers: false, operators: false;
        /// See who is invited.
        SeeInvitations: Some(&[TeamInvite, TeamView]), customers: false, operators: false;
        /// Invite somebody. Who finds a key is not to take people on, who outlive it: so neither is this for keys, nor what follows.
        Invite: Some(&[TeamInvite]), customers: false, operators: false, keys: false;
        /// Change members and roles.
        ManageTeam: Some(&[TeamManage]), customers: false, operators: false, keys: false;
        /// Remove members.
        RemoveMembers: Some(&[TeamRemove]), customers: false, operators: false, keys: false;
        /// See customers.
        SeeCustomers: Some(&[CustomersView]), customers: false, operators: false;
        /// Change customers.
        EditCustomers: Some(&[CustomersEdit]), customers: false, operators: false;
        /// See how business goes.
        SeeAnalytics: Some(&[AnalyticsView]), customers: false, operators: false;
        /// Add products.
        CreateProducts: Some(&[ProductsCreate]), customers: false, operators: false;
        /// Change products.
        EditProducts: Some(&[ProductsEdit]), customers: false, operators: false;
        /// Delete products.
        DeleteProducts: Some(&[ProductsDelete]), customers: false, operators: false;
        /// Place an order: a customer their own, a member for a customer.
        PlaceOrders: Some(&[OrdersCreate]), customers: true, operators: false;
        /// List orders: all of them, or those assigned to oneself.
        ListOrders: Some(&[OrdersView, OrdersViewAssigned]), customers: false, operators: false;
        /// See an order: a member one they may list, a customer their own.
        SeeOrders: Some(&[OrdersView, OrdersViewAssigned]), customers: true, operators: false;
        /// Move an order on, say what is paid for it, and see to what comes back.
        EditOrders: Some(&[OrdersEdit, OrdersEditAssigned]), customers: false, operators: false;
        /// Take an action on an order, or ask to return goods of it; customers may cancel.
        ActOnOrders: Some(&[OrdersEdit, OrdersEditAssigned]), customers: true, operators: false;
        /// Give money back for an order.
        RefundOrders: Some(&[OrdersRefund]), customers: false, operators: false;
        /// Assign orders to staff.
        AssignOrders: Some(&[OrdersAssign]), customers: false, operators: false;
        /// See who did what.
        SeeAudit: Some(&[AuditView]), customers: false, operators: true;
        /// Look after API keys: who finds one is not to make another, which outlives it.
        ManageApiKeys: Some(&[ApikeysManage]), customers: false, operators: false, keys: false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_put_in() {
        let set = Permissions::of(&[Permission::OrdersView, Permission::AuditView]);
        assert_eq!(set.list(), [Permission::OrdersView, Permission::AuditView]);
        assert!(!set.has(Permission::OrdersEdit));
        assert_eq!(Permissions::all().list(), Permission::ALL);
    }

    #[test]
    fn only_the_owner_may_do_everything() {
        for role in BuiltinRole::ALL {
            assert_eq!(role.permissions() == Permissions::all(), *role == BuiltinRole::Owner, "{role}");
        }
        assert!(!BuiltinRole::Staff.permissions().has(Permission::OrdersAssign));
        assert!(!BuiltinRole::Staff.permissions().has(Permission::OrdersView));
    }
}
