//! Columns, order and number of the rows that are printed.

use proptest::prelude::*;

use super::*;

const COLUMNS: &[Column] = &[Column::new("id"), Column::new("plan_type").or("planType")];

fn selection(columns: &[&str], sort: Option<&str>, limit: Option<usize>) -> Selection {
    let columns = columns.iter().map(|column| (*column).to_owned()).collect();
    let sort = sort.map(|sort| sort.parse().expect("an order"));
    Selection { columns, sort, limit, no_header: false }
}

/// The rows that are printed.
fn selected(selection: &Selection, keeps_missing: bool, pages: &[&[&str]]) -> Result<Vec<String>, WriteError> {
    let (mut selector, mut printed) = (Selector::new(selection, COLUMNS, keeps_missing), Vec::new());
    let mut print = |row: &str| {
        printed.push(row.to_owned());
        Ok(())
    };
    for page in pages {
        selector.take(page.iter().copied(), &mut print)?;
    }
    selector.end(&mut print)?;
    Ok(printed)
}

#[test]
fn columns_are_selected_by_their_paths() {
    let row = r#"{"id": 1, "planType": 3, "dc": {"created": "x", "by": [{"n": 5}]}, "a.b": {"c": 2}}"#;
    for (columns, expected) in [
        (&["dc.created", "id"][..], r#"{"dc.created":"x","id":1}"#),
        (&["plan_type"], r#"{"plan_type":3}"#),
        (&["planType"], r#"{"planType":3}"#),
        (&["dc.by.0.n", "dc.by"], r#"{"dc.by.0.n":5,"dc.by":[{"n": 5}]}"#),
        (&["a.b"], r#"{"a.b":{"c": 2}}"#),
    ] {
        let rows = selected(&selection(columns, None, None), false, &[&[row]]).expect("known columns");
        assert_eq!(rows, [expected], "{columns:?}");
    }
}

#[test]
fn a_missing_value_is_null_or_missing() {
    let page = &[r#"{"id": 1, "n": 2}"#, r#"{"id": 2}"#][..];
    let selection = selection(&["n", "id"], None, None);
    assert_eq!(selected(&selection, false, &[page]).expect("rows"), [r#"{"n":2,"id":1}"#, r#"{"n":null,"id":2}"#]);
    assert_eq!(selected(&selection, true, &[page]).expect("rows"), [r#"{"n":2,"id":1}"#, r#"{"id":2}"#]);
}

#[test]
fn rows_are_sorted_with_nulls_last() {
    let rows =
        ["10", "9", "null", "\"b\"", "-1.5", "\"a\"", "true", "false", "[2]", "9007199254740993", "9007199254740992"];
    let rows: Vec<String> = rows.iter().map(|value| format!(r#"{{"n":{value}}}"#)).chain(["{}".to_owned()]).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let sorted = |sort| {
        let rows = selected(&selection(&[], Some(sort), None), false, &[&rows[..5], &rows[5..]]).expect("rows");
        rows.iter().map(|row| row.replace(r#"{"n":"#, "").replace('}', "")).collect::<Vec<_>>().join(" ")
    };
    let values = "-1.5 9 10 9007199254740992 9007199254740993 \"a\" \"b\" false true [2]";
    assert_eq!(sorted("n"), format!("{values} null {{"));
    assert_eq!(sorted("n:asc"), format!("{values} null {{"));
    let reversed: Vec<&str> = values.split(' ').rev().collect();
    assert_eq!(sorted("n:desc"), format!("{} null {{", reversed.join(" ")));
}

#[test]
fn a_limit_counts_after_sorting() {
    let pages: [&[&str]; 2] = [&[r#"{"id":3}"#, r#"{"id":1}"#], &[r#"{"id":2}"#]];
    let limited = |sort, limit| selected(&selection(&[], sort, Some(limit)), false, &pages).expect("rows");
    assert_eq!(limited(None, 2), [r#"{"id":3}"#, r#"{"id":1}"#]);
    assert_eq!(limited(Some("id"), 2), [r#"{"id":1}"#, r#"{"id":2}"#]);
    assert_eq!(limited(Some("id:desc"), 5).len(), 3);
}

#[test]
fn an_unknown_column_is_an_error_with_the_known_ones() {
    let page = &[r#"{"id": 1, "dc": {"created": "x"}, "owner": null}"#][..];
    let error = |columns: &[&str], sort| match selected(&selection(columns, sort, None), false, &[page]) {
        Err(error) => error.to_string(),
        Ok(rows) => format!("{rows:?}"),
    };
    let known = "The columns are: id, plan_type, dc, dc.created, owner.";
    assert_eq!(error(&["id", "x"], None), format!("There is no column `x`.\n{known}"));
    assert_eq!(error(&[], Some("dc.x")), format!("There is no column `dc.x`.\n{known}"));
    // A member of null may exist in other replies, so it is not an error.
    assert_eq!(error(&["owner.name"], None), r#"["{\"owner.name\":null}"]"#);
    // Without rows, no column can be known to be wrong.
    assert!(selected(&selection(&["x"], None, None), false, &[&[]]).is_ok_and(|rows| rows.is_empty()));
}

proptest! {
    #[test]
    fn sorting_is_stable_and_loses_nothing(
        values in prop::collection::vec(prop_oneof![(-3i64..3).prop_map(Value::from), Just(Value::Null), "[ab]{0,2}".prop_map(Value::from)], 0..30),
        is_descending in any::<bool>(),
    ) {
        let rows: Vec<String> = values.iter().enumerate().map(|(i, value)| format!(r#"{{"id":{i},"n":{value}}}"#)).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let sort = if is_descending { "n:desc" } else { "n" };
        let sorted = selected(&selection(&[], Some(sort), None), false, &[&rows]).expect("rows");
        let place = |row: &String| rows.iter().position(|other| other == row).expect("one of the rows");
        prop_assert_eq!(sorted.len(), rows.len());
        for pair in sorted.windows(2) {
            let [a, b] = [place(&pair[0]), place(&pair[1])];
            let order = Rank::of(Some(&values[a])).compare(&Rank::of(Some(&values[b])), is_descending);
            prop_assert!(order == Ordering::Less || order == Ordering::Equal && a < b, "{:?}", pair);
        }
    }
}
