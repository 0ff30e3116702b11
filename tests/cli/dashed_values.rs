//! Values of options that begin with `-`.

use crate::support::{Croud, Server, json};

#[test]
fn a_number_and_a_text_with_a_space_are_values() {
    for (line, request) in [
        ("organizations create --name -5", r#"{"name":"-5"}"#),
        ("organizations create --name '-10% off'", r#"{"name":"-10% off"}"#),
        ("organizations edit --name '- a'", r#"{"name":"- a"}"#),
        ("organizations users add --role org_member --user -.5", r#"{"user":"-.5","role_fqn":"org_member"}"#),
        ("organizations credits edit --credit-id c --comment -5", r#"{"comment":"-5"}"#),
        ("organizations credits edit --credit-id c --com '--x y'", r#"{"comment":"--x y"}"#),
        ("me edit --email '-a b'", r#"{"email":"-a b"}"#),
    ] {
        let server = Server::new([json(200, "{}")]);
        assert_eq!(Croud::on(&server).code(line), Some(0), "{line}");
        let wire = server.wire();
        assert!(wire.ends_with(&format!(" {request}\n")), "{line}: {wire}");
    }
}

#[test]
fn a_negative_number_can_be_an_identifier() {
    let server = Server::new([json(200, "[]")]);
    assert_eq!(Croud::on(&server).code("organizations files list --org-id -5"), Some(0));
    assert_eq!(server.wire(), "GET /api/v2/organizations/-5/files/ cookie: session=t0ken\n");
}

#[test]
fn any_other_word_that_begins_with_a_dash_is_an_option() {
    let server = Server::new([]);
    for value in ["-x", "--sudo", "-5%", "-inf"] {
        assert_eq!(Croud::on(&server).code(&format!("organizations create --name {value}")), Some(2), "{value}");
    }
}

#[test]
fn an_option_with_an_attached_value_stays_an_option() {
    let server = Server::new([json(204, ""), json(204, "")]);
    for option in ["'--org-id=a b'", "'-ra b' --org-id 'a b'"] {
        assert_eq!(Croud::on(&server).code(&format!("organizations delete -y {option}")), Some(0), "{option}");
    }
    assert!(server.requests().iter().all(|request| request.line == "DELETE /api/v2/organizations/a%20b/"));
}
