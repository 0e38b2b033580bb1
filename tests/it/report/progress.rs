//! Figures over sessions: what counts, which way they go, and that memory stays.

use pushback::app::report::progress;
use pushback::domain::action::Action;
use pushback::domain::judge::{Band, Code};
use pushback::domain::progress::{Gathered, Measure, Met, Progress, SHOWN, Way};
use pushback::domain::summary::Summary;
use pushback::report::progress as shown;
use pushback::store::Store;

use super::made_up::{Spoken, path, reply, setting, state};
use super::safety::well_formed;

fn summary(replies: usize, consistency: Option<f32>) -> Summary {
    Summary { replies, consistency, readiness: vec![0.2, 0.5], ..Summary::default() }
}

fn met(session: i64, persona: &'static str) -> Met<'static> {
    Met { session, started: "2026-01-02 03:04:05", persona, name: "Dana Reed" }
}

/// Sessions whose C/(C+I) is as given.
fn of(values: &[f32]) -> Progress {
    let mut gathered = Gathered::default();
    for (session, value) in (1..).zip(values) {
        gathered.add(met(session, "dana"), &summary(8, Some(*value)));
    }
    gathered.finish()
}

fn way(values: &[f32]) -> Way {
    of(values).all.trends[Measure::Consistency as usize].way
}

#[test]
fn a_trend_takes_ten_sessions_that_lie_apart() {
    let rising = [0.1, 0.2, 0.15, 0.1, 0.2, 0.8, 0.7, 0.75, 0.8, 0.7];
    assert_eq!(way(&rising[..9]), Way::TooFew);
    assert_eq!(way(&rising), Way::Higher);
    let falling: Vec<f32> = rising.iter().rev().copied().collect();
    assert_eq!(way(&falling), Way::Lower);
    assert_eq!(way(&[0.5; 10]), Way::NoClearChange);
    // One early session as good as the late ones is enough for doubt.
    assert_eq!(way(&[0.1, 0.9, 0.15, 0.1, 0.2, 0.8, 0.7, 0.75, 0.8, 0.7]), Way::NoClearChange);
    let trend = &of(&rising).all.trends[0];
    assert_eq!((trend.first, trend.last, trend.sessions), (Some(0.15), Some(0.75), 10));
}

#[test]
fn short_sessions_and_missing_figures_do_not_count() {
    let mut gathered = Gathered::default();
    gathered.add(met(1, "dana"), &summary(7, Some(0.5)));
    gathered.add(met(2, "dana"), &summary(8, None));
    gathered.skip_open_exam();
    let progress = gathered.finish();
    assert_eq!((progress.sessions, progress.too_short, progress.open_exams), (1, 1, 1));
    let sessions: Vec<usize> = progress.all.trends.iter().map(|t| t.sessions).collect();
    assert_eq!(sessions, [0, 0, 0, 0, 1, 1]);
    let gained = progress.all.points[0].figure(Measure::Readiness).unwrap();
    assert!((gained - 0.3).abs() < 1e-6);
}

#[test]
fn clients_are_told_apart_and_the_oldest_sessions_are_let_go() {
    let mut gathered = Gathered::default();
    for session in 1..=1000 {
        let persona = if session % 4 == 0 { "ray" } else { "dana" };
        gathered.add(met(session, persona), &summary(8, Some(0.5)));
    }
    let progress = gathered.finish();
    let of: Vec<_> = progress.clients.iter().map(|c| (c.persona.as_deref().unwrap(), c.sessions)).collect();
    assert_eq!(of, [("dana", 750), ("ray", 250)]);
    for trends in progress.clients.iter().chain([&progress.all]) {
        assert_eq!(trends.points.len(), SHOWN);
        assert_eq!(trends.trends[0].sessions, trends.sessions);
    }
    let page = shown::file(&progress);
    well_formed(&page);
    assert!(page.len() < 200_000, "{}", page.len());
}

#[test]
fn the_page_says_what_it_can_tell() {
    let few = shown::fragment(&of(&[0.5, 0.6]));
    well_formed(&few);
    assert!(few.contains("too few to tell") && few.contains("fewest that tell a trend from chance"));
    let many = shown::fragment(&of(&[0.1, 0.2, 0.15, 0.1, 0.2, 0.8, 0.7, 0.75, 0.8, 0.7]));
    well_formed(&many);
    assert!(many.contains("<td>higher</td>") && many.contains("<td>too few to tell</td>"));
    let none = shown::fragment(&Gathered::default().finish());
    well_formed(&none);
    assert!(none.contains("0 sessions") && !none.contains("<table>"));
}

#[test]
fn the_chart_of_progress_has_a_twin() {
    let page = shown::fragment(&of(&[0.1, 0.9, 0.5]));
    let line =
        page.split("<polyline class=\"pb-line pb-a\" points=\"").nth(2).unwrap().split('"').next().unwrap();
    let plot = page.split("<rect class=\"pb-plot\" ").nth(1).unwrap();
    let side = |name: &str| -> f32 {
        plot.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
    };
    let (top, high) = (side(" y"), side("height"));
    let drawn: Vec<String> = line
        .split(' ')
        .map(|p| (top + high - p.split_once(',').unwrap().1.parse::<f32>().unwrap()) / high)
        .map(|level| format!("{level:.2}"))
        .collect();
    let twin = page.split("<caption>Session by session</caption>").nth(1).unwrap();
    let rows: Vec<&str> =
        twin.split("<tr>").skip(2).map(|row| row.split("<td>").nth(4).unwrap()).take(3).collect();
    let written: Vec<String> =
        rows.iter().map(|cell| cell.split("</td>").next().unwrap().to_owned()).collect();
    assert_eq!(drawn, written);
}

/// A stored session of `replies` replies.
fn stored(store: &mut Store, replies: usize) -> i64 {
    let id = store.begin(&setting()).unwrap();
    let levels = || state((0.5, 0.2, 0.2), (0, 0));
    let spoken = || Spoken {
        text: "You'd rather not.",
        band: Band::Rolling,
        seen: &[(Code::SimpleReflection, "rather not", 0.5)],
    };
    let exchanges = (0..replies).map(|_| (spoken(), "No.", Action::Deny, levels())).collect();
    let mut before = None;
    for turn in path(reply("So.", Action::Deny, levels()), exchanges).turns() {
        let kept = store.append(id, before.as_ref(), turn.trainee.as_ref()).unwrap();
        store.answer(kept.id, turn.reply.as_ref().unwrap()).unwrap();
        before = Some(kept);
    }
    id
}

#[test]
fn sessions_are_read_from_the_store_in_order() {
    let mut store = Store::in_memory().unwrap();
    assert_eq!(progress(&store, None).unwrap().sessions, 0);
    let ids: Vec<i64> = [8, 3, 9].map(|replies| stored(&mut store, replies)).into();
    let found = progress(&store, None).unwrap();
    assert_eq!((found.sessions, found.too_short), (2, 1));
    let order: Vec<i64> = found.all.points.iter().map(|p| p.session).collect();
    assert_eq!(order, [ids[0], ids[2]]);
    assert_eq!(found.clients[0].name.as_deref(), Some("Dana Reed"));
    assert_eq!(found.all.trends[0].first, Some(1.0));
    assert_eq!(progress(&store, Some("ray")).unwrap().sessions, 0);
    assert_eq!(progress(&store, Some("dana")).unwrap().sessions, 2);
}
