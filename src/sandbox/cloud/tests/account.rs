//! The account of the caller.

use serde_json::json;

use super::Cloud;

#[test]
fn a_new_email_address_is_confirmed() {
    let mut cloud = Cloud::new();
    let (edit, confirm) = ("PATCH /api/v2/users/me/", "PUT /api/v2/users/me/confirm-email/");
    let refused = (400, json!({"message": "The token is invalid or expired.", "success": false}));
    assert_eq!(cloud.admin(confirm, json!({"token": "new@example.com"})), refused);
    assert_eq!(cloud.admin(edit, json!({"email": "new@example.com"})).0, 202);
    assert_eq!(cloud.admin("GET /api/v2/users/me/", json!(null)).1["email"], "admin@example.com");
    assert_eq!(cloud.admin(confirm, json!({"token": "other@example.com"})), refused);
    let (status, user) = cloud.admin(confirm, json!({"token": "new@example.com"}));
    assert_eq!((status, &user["email"]), (200, &json!("new@example.com")));
    // A token is used once, and an address that somebody has cannot be confirmed.
    assert_eq!(cloud.admin(confirm, json!({"token": "new@example.com"})), refused);
    assert_eq!(cloud.admin(edit, json!({"email": "Member@example.com"})).0, 202);
    assert_eq!(cloud.admin(confirm, json!({"token": "Member@example.com"})), refused);
}
