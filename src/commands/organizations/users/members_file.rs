//! The file of `users apply`: CSV with the columns `email` and `role`.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Result;

use super::plan::{Wanted, key};
use crate::error::{Failure, capitalized};
use crate::limit::{read_file_or_stdin, source_name};

/// The largest file, in bytes.
const LARGEST_FILE: u64 = 16 << 20;

/// Reads the rows of the file.
///
/// # Errors
/// A file that can't be read, and a usage error for a file without the columns, or for a row without a
/// value or for the same person as another row.
pub(super) fn read(path: &str) -> Result<Vec<Wanted>> {
    let path = Path::new(path);
    let (text, name) = (read_file_or_stdin(path, LARGEST_FILE), source_name(path));
    let text = text.map_err(|error| Failure::failed(format!("Could not read {name}: {error}")))?;
    Ok(parse(&text)
        .map_err(|problem| Failure::usage(capitalized(&format!("{name}: {problem} Nothing was changed."))))?)
}

/// Parses the rows of CSV text. The error is a sentence for a message.
fn parse(text: &str) -> Result<Vec<Wanted>, String> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| csv_problem(&error))?.clone();
    let column = |names: &[&str]| {
        let found = headers.iter().position(|header| names.iter().any(|name| header.eq_ignore_ascii_case(name)));
        let commas = if headers.iter().any(|header| header.contains([';', '\t'])) { " Use commas." } else { "" };
        found.ok_or_else(|| format!("there is no column `{}` in the first line.{commas}", names[0]))
    };
    let (email, role) = (column(&["email"])?, column(&["role", "organization_roles"])?);
    let (mut rows, mut known) = (Vec::new(), HashSet::new());
    for record in reader.into_records() {
        let record = record.map_err(|error| csv_problem(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let value = |column: usize, name: &str| match record.get(column) {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(format!("line {line} has no {name}.")),
        };
        let row = Wanted { email: value(email, "email address")?, role: value(role, "role")? };
        if !known.insert(key(&row.email)) {
            return Err(format!("line {line}: {} is in the file twice.", row.email));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// An error of the CSV reader as a sentence for a message.
fn csv_problem(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has a different number of values ({len}) than the first line ({expected_len}).")
        }
        _ => format!("{error}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_csv_with_an_email_address_and_a_role() {
        let rows = |text: &str| {
            parse(text)
                .map(|rows| rows.into_iter().map(|row| format!("{} {};", row.email, row.role)).collect::<String>())
        };
        for (text, expected) in [
            ("email,role\na@b.c,org_admin\n", Ok("a@b.c org_admin;")),
            ("email,role\n", Ok("")),
            ("\u{feff}Role , EMAIL\r\n org_member ,\"a@b.c\"\r\n\r\n", Ok("a@b.c org_member;")),
            ("email,organization_roles,username,uid\na@b.c,org_admin,a,u-1\n", Ok("a@b.c org_admin;")),
            ("", Err("there is no column `email` in the first line.")),
            ("email;role\n", Err("there is no column `email` in the first line. Use commas.")),
            ("email,role\na@b.c\n", Err("line 2 has a different number of values (1) than the first line (2).")),
            ("email\na@b.c\n", Err("there is no column `role` in the first line.")),
            ("email,role\na@b.c,\n", Err("line 2 has no role.")),
            ("email,role\na@b.c,x\n,x\n", Err("line 3 has no email address.")),
            ("email,role\na@b.c,x\nA@B.C,y\n", Err("line 3: A@B.C is in the file twice.")),
        ] {
            assert_eq!(rows(text), expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
    }
}
