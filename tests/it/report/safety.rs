//! Whatever somebody says, imports or types stays words, and the markup stays whole.

use pushback::domain::action::Action;
use pushback::domain::judge::{Band, Code, Judge};
use pushback::domain::session::{Path, Said, Turn};
use pushback::report::{Material, Report, STYLE, html, markdown, text};

use super::made_up::{Spoken, feedback, path, reply, report, session, setting, state};

/// Elements without an inside.
const VOID: [&str; 3] = ["meta", "br", "!doctype"];

/// The elements of a page in order, each with its attributes; panics where tags don't match,
/// something is not escaped, or an id comes twice.
pub fn well_formed(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let (mut open, mut seen, mut rest) = (Vec::new(), Vec::new(), html);
    while let Some(at) = rest.find('<') {
        no_markup(&rest[..at]);
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name.to_owned()));
            continue;
        }
        let (name, attributes) = element(tag);
        if name == "style" {
            rest = &rest[rest.find("</style>").expect("the style ends")..];
        }
        if !VOID.contains(&name.as_str()) {
            open.push(name.clone());
        }
        seen.push((name, attributes));
    }
    no_markup(rest);
    assert!(open.is_empty(), "still open: {open:?}");
    let mut ids: Vec<&String> =
        seen.iter().flat_map(|(_, a)| a).filter(|a| a.0 == "id").map(|a| &a.1).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "an id comes twice");
    seen
}

fn no_markup(text: &str) {
    assert!(!text.contains(['>', '"']), "{text}");
    for after in text.split('&').skip(1) {
        let entity = after.split(';').next().expect("a part");
        assert!(["lt", "gt", "amp", "quot", "#39"].contains(&entity), "&{entity}");
    }
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    assert!(!text.contains(control), "a control character in {text:?}");
}

fn element(tag: &str) -> (String, Vec<(String, String)>) {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while let Some((key, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').expect("a value ends");
        no_markup(value);
        attributes.push((key.trim().to_owned(), value.to_owned()));
        rest = after;
    }
    (name.to_owned(), attributes)
}

#[test]
fn a_broken_page_is_seen() {
    for broken in
        ["<p>", "<p></b>", "<p>&nbsp</p>", "<p a=\"1\" >\"</p>", "a\u{1}", "<i id=\"a\"></i><i id=\"a\"></i>"]
    {
        assert!(std::panic::catch_unwind(|| well_formed(broken)).is_err(), "{broken}");
    }
}

#[test]
fn a_report_is_well_formed_and_needs_nothing_else() {
    for (form, title) in [(html::file(&session()), "h1"), (html::fragment(&session()), "h2")] {
        let elements = well_formed(&form);
        let first = elements.iter().find(|(name, _)| name.starts_with('h') && name.len() == 2);
        assert_eq!(first.unwrap().0, title);
        for (name, attributes) in &elements {
            assert!(
                !["script", "link", "img", "iframe", "object", "form", "base"].contains(&name.as_str()),
                "{name}"
            );
            for (key, value) in attributes {
                assert!(key != "style" && key != "src" && !key.starts_with("on"), "{name} {key}");
                assert!(key != "href" || value.starts_with('#'), "{value}");
            }
        }
        let svgs: Vec<_> = elements.iter().filter(|(name, _)| name == "svg").collect();
        assert_eq!(svgs.len(), 5);
        assert!(svgs.iter().all(|(_, a)| a.contains(&("role".to_owned(), "img".to_owned()))));
        let count = |tag: &str| form.matches(&format!("<{tag}")).count();
        assert_eq!((form.matches("<title id").count(), count("desc")), (5, 5));
        // Each figure has its table behind a fold.
        assert_eq!(count("details class=\"pb-twin\""), count("figure"));
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('<'));
}

/// Words that have broken other programs.
const NASTY: [&str; 9] = [
    "<script>alert(1)</script>",
    "</style></title><img src=x onerror=alert(1)>",
    "\"'><svg onload=alert(1)>",
    "&lt;b&gt; & &#x0; &amp",
    "\u{0}\u{1b}[31mred\u{7}\u{8}\u{7f}\u{9b}",
    "\u{202e}thgir ot tfel\u{2066} and \u{200f}",
    "```\n# head\n- list\n1. one\n| a | b |\n[x](javascript:alert(1)) ![y](z) *bold* _low_",
    "\r\n\r\n\t",
    "\u{fffe}\u{ffff}\u{2028}👩‍👩‍👧",
];

/// A report in which everything that is somebody's own says `words`.
fn all_of(words: &str) -> Report {
    let mut setting = setting();
    (setting.persona.name, setting.persona.topic) = (words.to_owned(), words.to_owned());
    (setting.model, setting.provenance.version) = (words.to_owned(), words.to_owned());
    let verdict = Judge::builtin().reply(&Default::default(), words);
    let levels = || state((0.5, 0.2, 0.2), (1, 0));
    let first = reply(words, Action::Ember, levels());
    let opening = Turn { id: 1, parent: None, number: 0, trainee: None, reply: Some(first), overruled: None };
    let mut turn = Turn::after(&opening, Said { text: words.to_owned(), verdict });
    (turn.id, turn.reply) = (2, Some(reply(words, Action::Warn, levels())));
    let mut left = turn.clone();
    left.id = 3;
    let path = Path::new(vec![opening, turn]);
    Report::of(Material {
        id: 1,
        started: words.to_owned(),
        ended: false,
        exam: Some(words.to_owned()),
        setting: &setting,
        told: vec![None, Some(feedback(words, Some(words)))],
        left: vec![(left, 1)],
        summary: pushback::domain::summary::summarise(&path),
        path: &path,
    })
}

#[test]
fn words_stay_words() {
    let long = "“no” <b>\u{202e} & ".repeat(700);
    assert!(long.chars().count() >= 8_000);
    for words in NASTY.into_iter().chain([long.as_str(), ""]) {
        let report = all_of(words);
        let plain: usize = well_formed(&html::fragment(&all_of("words"))).len();
        for form in [html::file(&report), html::fragment(&report)] {
            for (name, attributes) in well_formed(&form) {
                assert!(!["script", "img", "b onload"].contains(&name.as_str()));
                assert!(attributes.iter().all(|(key, _)| !key.starts_with("on")));
            }
        }
        assert!(plain > 20);
        let terminal = text::lines(&report, &[]).join("\n");
        assert!(!terminal.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{terminal:?}");
        assert!(!terminal.contains('\u{202e}'));
        let markdown = markdown::file(&report);
        assert!(
            !markdown.contains('<') && !markdown.contains('\u{202e}') && !markdown.contains("[x]("),
            "{markdown}"
        );
    }
}

#[test]
fn markdown_of_somebody_is_no_markup() {
    let markdown = markdown::file(&all_of(NASTY[6]));
    for line in markdown.lines().map(|line| line.trim_start_matches("> ")) {
        let own = line.starts_with("## ") || line.starts_with("### Turn") || line.starts_with("# Session");
        assert!(own || !line.starts_with('#'), "{line}");
        assert!(
            !line.starts_with("```") && !line.starts_with("1. one") && !line.starts_with("- list"),
            "{line}"
        );
    }
}

#[test]
fn the_direction_of_one_s_words_ends_with_them() {
    let form = html::fragment(&all_of(NASTY[5]));
    // Wherever the mark stands, the nearest element around it isolates or is a block of its own.
    let marks: Vec<usize> = form.match_indices('\u{202e}').map(|(at, _)| at).collect();
    assert!(marks.len() > 5);
    for at in marks {
        let before = &form[..at];
        let opened = before.rfind('<').map(|from| &before[from..]).unwrap();
        let isolates = ["<bdi", "<mark", "<span class=\"pb-text\" dir=\"auto\"", "<p class=\"pb-effect\""];
        assert!(isolates.iter().any(|tag| opened.starts_with(tag)), "{opened}");
    }
}

#[test]
fn a_long_session_stays_legible_and_small() {
    let levels =
        |n: usize| state((0.5 + (n % 7) as f32 / 20.0, 0.2, 0.3), ((n / 40) as u16, (n / 50) as u16));
    let text = "You'd rather be at work than here.";
    let exchanges = (1..=300)
        .map(|n| {
            let seen: &[(Code, &str, f32)] = &[(Code::SimpleReflection, "rather be at work", 0.5)];
            let band = if n % 3 == 0 { Band::Arguing } else { Band::Rolling };
            (Spoken { text, band, seen }, "No.", Action::Deny, levels(n))
        })
        .collect();
    let report = report(&path(reply("So.", Action::Deny, levels(0)), exchanges), &[], Vec::new());
    let form = html::file(&report);
    well_formed(&form);
    assert!(form.len() < 1 << 20, "{} bytes", form.len());
    let marks = |class: &str| form.matches(&format!("<path class=\"{class}\"")).count();
    // Marks on the lines are thinned out, those of the rows are not.
    assert!(marks("pb-dot pb-a") <= 32);
    assert_eq!((marks("pb-rolled"), marks("pb-argued")), (200, 100));
    let ticks = form.matches("class=\"pb-words\"").count();
    assert!(ticks < 80, "{ticks} labels");
}
