//! What a report looks like in each form, and that the forms agree.

use std::collections::BTreeSet;

use pushback::domain::action::Action;
use pushback::domain::judge::bulk::Entry;
use pushback::domain::judge::{Band, Code};
use pushback::files::transcript::{Options, Reader};
use pushback::report::{Report, csv, html, markdown, text};
use serde_json::Value;

use super::made_up::{Spoken, path, reply, report, session, state};
use super::safety::well_formed;

fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("golden");
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn each_form_is_as_it_was() {
    let report = session();
    golden("fragment.html", &html::fragment(&report));
    golden("report.md", &markdown::file(&report));
    golden("report.csv", &csv::file(&report));
    golden("report.txt", &text::lines(&report, &["(figures)".to_owned()]).join("\n"));
}

/// Every path of a JSON value with the type of what is there.
fn shape(value: &Value, at: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(k, v)| shape(v, &format!("{at}.{k}"), into)),
        Value::Array(items) => items.iter().for_each(|v| shape(v, &format!("{at}[]"), into)),
        Value::Null => drop(into.insert(format!("{at}: null"))),
        Value::Bool(_) => drop(into.insert(format!("{at}: bool"))),
        Value::Number(_) => drop(into.insert(format!("{at}: number"))),
        Value::String(_) => drop(into.insert(format!("{at}: string"))),
    }
}

#[test]
fn the_fields_of_the_json_form_are_those_of_its_format() {
    let report = session();
    let mut fields = BTreeSet::new();
    shape(&serde_json::to_value(&report).unwrap(), "", &mut fields);
    let fields: Vec<String> = fields.into_iter().collect();
    // A field that goes or changes its type is another `FORMAT`.
    golden(&format!("format-{}.json", pushback::report::FORMAT), &fields.join("\n"));
}

#[test]
fn spans_of_the_json_form_count_characters() {
    let spoken = Spoken {
        text: "Näh – 👍 it's up to you.",
        band: Band::Rolling,
        seen: &[(Code::EmphasiseAutonomy, "up to you", 0.8)],
    };
    let opening = reply("So.", Action::Deny, state((0.5, 0.2, 0.2), (0, 0)));
    let path = path(opening, vec![(spoken, "Yes.", Action::Deny, state((0.5, 0.2, 0.2), (0, 0)))]);
    let report = report(&path, &[], Vec::new());
    let said = report.turns[1].trainee.as_ref().unwrap();
    let (found, text) = (&said.findings[0], &said.text);
    let cut: String = text.chars().skip(found.start).take(found.end - found.start).collect();
    assert_eq!((cut.as_str(), found.quote.as_str()), ("up to you", "up to you"));
}

/// Texts of an element with all that is inside it, tags taken away.
fn between<'a>(html: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    html.split(from).skip(1).map(|rest| rest.split(to).next().unwrap()).collect()
}

fn polyline(html: &str, class: &str) -> Vec<(f32, f32)> {
    // The first of a class is its sample in the legend.
    let line = between(html, &format!("<polyline class=\"{class}\" points=\""), "\"")[1];
    line.split(' ')
        .map(|p| p.split_once(',').unwrap())
        .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
        .collect()
}

#[test]
fn the_table_has_what_the_chart_has() {
    let html = html::fragment(&session());
    let table = between(&html, "<caption>Discord, trust and readiness</caption>", "</table>")[0];
    let rows: Vec<Vec<&str>> = between(table, "<tr>", "</tr>")[1..]
        .iter()
        .map(|row| {
            let head = between(row, "<bdi>", "</bdi>");
            head.into_iter().chain(between(row, "<td>", "</td>")).collect()
        })
        .collect();
    assert_eq!(rows.len(), 10);
    let plot = between(&html, "<rect class=\"pb-plot\" ", ">")[0];
    let side = |name: &str| between(plot, &format!("{name}=\""), "\"")[0].parse::<f32>().unwrap();
    let (top, high) = (side(" y"), side("height"));
    for (class, column) in [("pb-line pb-a", 1), ("pb-line pb-b", 2), ("pb-line pb-c", 3)] {
        let points = polyline(&html, class);
        assert_eq!(points.len(), rows.len());
        for (row, (_, y)) in rows.iter().zip(&points) {
            let drawn = (top + high - y) / high;
            let written: f32 = row[column].parse().unwrap();
            assert!((drawn - written).abs() < 0.006, "{row:?}: drawn at {drawn}");
        }
        assert!(points.windows(2).all(|p| p[0].0 < p[1].0));
    }
    let marks = |class: &str| html.matches(&format!("<path class=\"{class}\"")).count();
    let with = |word: &str| rows.iter().filter(|row| row[4] == word).count();
    assert_eq!((marks("pb-rolled"), marks("pb-argued")), (with("rolled"), with("argued")));
    // One in the legend for each kind.
    assert_eq!(marks("pb-event"), 2 + rows.iter().filter(|row| !row[5].is_empty()).count());
}

/// What a reader of CSV makes of a table: everything that was said, in order.
fn read_back(csv: &str) -> Vec<(String, bool)> {
    let mut reader = Reader::open("report.csv", csv.as_bytes(), &Options::default()).unwrap();
    let mut said = Vec::new();
    while let Some(row) = reader.next_row().unwrap() {
        if let Entry::Turn(turn) = row.unwrap() {
            let client = format!("{:?}", turn.speaker).to_lowercase().contains("client");
            said.push((turn.text, client));
        }
    }
    said
}

/// The same of a report.
fn said(report: &Report) -> Vec<(String, bool)> {
    let mut said = Vec::new();
    for turn in &report.turns {
        said.extend(turn.trainee.iter().map(|t| (t.text.clone(), false)));
        said.extend(turn.client.iter().map(|c| (c.text.clone(), true)));
        for other in &turn.otherwise {
            said.push((other.trainee.text.clone(), false));
            said.extend(other.client.iter().map(|c| (c.text.clone(), true)));
        }
    }
    said
}

#[test]
fn a_table_is_read_back_by_the_reader_of_transcripts() {
    let report = session();
    assert_eq!(read_back(&csv::file(&report)), said(&report));
    let nasty = ["a \"b\", c", "two\nlines", " spaces ", "é, 👍", "a\r\nb", ",", "\"", "''"];
    for text in nasty {
        let spoken = Spoken { text, band: Band::Neutral, seen: &[] };
        let opening = reply(text, Action::Deny, state((0.5, 0.2, 0.2), (0, 0)));
        let path = path(opening, vec![(spoken, text, Action::Deny, state((0.5, 0.2, 0.2), (0, 0)))]);
        let report = report_of(&path);
        assert_eq!(read_back(&csv::file(&report)), said(&report), "{text:?}");
    }
}

fn report_of(path: &pushback::domain::session::Path) -> Report {
    report(path, &[], Vec::new())
}

#[test]
fn no_cell_is_a_formula() {
    for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
        let spoken = Spoken { text, band: Band::Neutral, seen: &[] };
        let opening = reply(text, Action::Deny, state((0.5, 0.2, 0.2), (0, 0)));
        let path = path(opening, vec![(spoken, text, Action::Deny, state((0.5, 0.2, 0.2), (0, 0)))]);
        let read = read_back(&csv::file(&report_of(&path)));
        assert!(read.iter().all(|(cell, _)| *cell == format!("'{text}")), "{read:?}");
    }
}

#[test]
fn ratios_are_left_out_of_a_short_session() {
    let spoken = || Spoken {
        text: "You'd rather not.",
        band: Band::Rolling,
        seen: &[(Code::SimpleReflection, "rather not", 0.5)],
    };
    let levels = || state((0.5, 0.2, 0.2), (0, 0));
    let of = |replies: usize| {
        let exchanges = (0..replies).map(|_| (spoken(), "No.", Action::Deny, levels())).collect();
        report_of(&path(reply("So.", Action::Deny, levels()), exchanges))
    };
    for (replies, gauges) in [(7, 0), (8, 3)] {
        let html = html::fragment(&of(replies));
        assert_eq!(html.matches("class=\"pb-track\"").count(), gauges, "{replies}");
        assert_eq!(html.contains("counts only"), gauges == 0);
        assert_eq!(markdown::file(&of(replies)).contains("counts only"), gauges == 0);
    }
}

#[test]
fn a_session_without_a_reply_is_a_report() {
    let report = report_of(&path(reply("So.", Action::Deny, state((0.5, 0.2, 0.2), (0, 0))), Vec::new()));
    for form in [html::file(&report), html::fragment(&report)] {
        well_formed(&form);
        assert!(form.contains("You have not said anything yet."));
        assert!(!form.contains("<svg"));
    }
    assert!(markdown::file(&report).contains("So."));
    assert_eq!(read_back(&csv::file(&report)).len(), 1);
}

#[test]
fn it_is_said_once_that_this_is_no_therapy() {
    let report = session();
    let text = text::lines(&report, &[]).join("\n");
    for form in [html::file(&report), markdown::file(&report), text] {
        assert_eq!(form.matches("not therapy").count(), 1);
    }
}

#[test]
fn the_judge_s_figures_are_those_of_its_document() {
    let document = include_str!("../../../docs/judge.md");
    let text = text::lines(&session(), &[]).join("\n");
    let row = |name: &str| document.lines().find(|l| l.starts_with(&format!("| {name}"))).unwrap();
    let second = |row: &str| row.split('|').nth(2).unwrap().trim().parse::<f32>().unwrap();
    let main = second(row("behaviour, macro-F1"));
    let complex = second(row("simple or complex"));
    assert!(text.contains(&format!("{main:.2}").replace("0.", ".")), "{main}");
    assert!(text.contains(&format!("{complex:.2}").replace("0.", ".")), "{complex}");
}
