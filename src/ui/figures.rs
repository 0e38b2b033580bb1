//! Figures of the measuring bench as lines of a table.
//! Knows: figures. Never: how they were measured.

use crate::domain::protocols::{Calibration, Cell, Figure, Interval, Target};
use crate::ui::screen::{Screen, Tone};

/// The table of figures, one line each, in the order given.
pub fn table(screen: Screen, figures: &[Figure]) -> Vec<String> {
    let wide = |of: fn(&Figure) -> usize| figures.iter().map(of).max().unwrap_or_default();
    let name = wide(|f| f.persona.as_deref().map_or(3, str::len));
    let what = wide(|f| f.what.chars().count());
    figures
        .iter()
        .map(|figure| {
            let (mark, tone) = match (figure.passed, figure.target) {
                (true, Target::Told) => ("", Tone::Aside),
                (true, _) => ("ok", Tone::Good),
                (false, _) => ("FAIL", Tone::Poor),
            };
            let persona = figure.persona.as_deref().unwrap_or("all");
            let line = format!(
                "{:<4} {persona:<name$} {:<what$} {:>8} {:<17} {:<14}",
                figure.protocol,
                figure.what,
                number(figure.value),
                figure.interval.map(interval).unwrap_or_default(),
                target(figure.target),
            );
            format!("{line} {}", screen.tinted(tone, mark)).trim_end().to_owned()
        })
        .collect()
}

/// How many figures there are, and how many are not as they have to be.
pub fn verdict(figures: &[Figure]) -> String {
    let asked = figures.iter().filter(|f| f.target != Target::Told).count();
    let failed = figures.iter().filter(|f| !f.passed).count();
    format!("{} figures, {asked} with a target, {failed} failed", figures.len())
}

/// The calibration as lines of a table.
pub fn calibration(table: &Calibration) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<12} {:<38} {:<38} {}",
        "receptivity", "push-back", "contemplates by turn 20", "first change talk (turn)"
    )];
    for row in &table.rows {
        lines.push(format!(
            "{:<12} {:<38} {:<38} {}",
            row.receptivity,
            cell(&row.push_back),
            cell(&row.reached),
            turns(&row.first_change)
        ));
    }
    lines.push(format!(
        "{:<12} {:<38} {:<38} change talk {}",
        "population",
        number(table.population_push_back),
        cell(&table.population_reached),
        cell(&table.population_change)
    ));
    lines
}

/// `.564 for .59, -.026 ok`
fn cell(cell: &Cell) -> String {
    let mark = if cell.near { "ok" } else { "FAIL" };
    let apart = format!("{:+.3}", cell.difference);
    format!("{} {} for {:.2}, {apart} {mark}", number(cell.simulated), interval(cell.interval), cell.target)
}

fn turns(cell: &Cell) -> String {
    let turn = |turn: f64| if turn > 20.0 { "never".to_owned() } else { format!("{turn:.0}") };
    let mark = if cell.near { "ok" } else { "FAIL" };
    format!("{} for {} {mark}", turn(cell.simulated), turn(cell.target))
}

fn target(target: Target) -> String {
    match target {
        Target::AtLeast(least) => format!(">= {}", number(least)),
        Target::AtMost(most) => format!("<= {}", number(most)),
        Target::Within(least, most) => format!("{} to {}", number(least), number(most)),
        Target::Told => String::new(),
    }
}

/// An interval in square brackets.
pub fn interval(interval: Interval) -> String {
    format!("[{}, {}]", number(interval.low), number(interval.high))
}

/// A number with three decimals, or a dash where there is none.
pub fn number(x: f64) -> String {
    if x.is_nan() { "-".to_owned() } else { format!("{x:.3}") }
}
