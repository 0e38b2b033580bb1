//! `pushback models list`: models that are here, and those of the catalog that could be.

use std::process::ExitCode;

use clap::Args;

use crate::app::models::{From, Listed, Models, machine};
use crate::domain::catalog::{Device, Machine};
use crate::ui::screen::{Screen, Tone};

#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// An array of objects.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &ListArgs) -> anyhow::Result<ExitCode> {
    let (screen, models) = (Screen::of_process(), Models::of_user()?);
    let listed = models.list();
    if args.json {
        screen.json(&listed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let machine = machine();
    let wide = listed.iter().map(|model| model.name.len()).max().unwrap_or(0).min(40);
    let (here, there): (Vec<_>, Vec<_>) = listed.iter().partition(|model| model.path.is_some());
    screen.line("On this computer:")?;
    screen.line(&format!("  {} bundled: speaks lines written by hand", name(screen, "pocket", wide)))?;
    for model in here {
        screen.line(&line(screen, model, (machine, wide)))?;
    }
    screen.line("\nTo be had with `pushback models pull NAME`:")?;
    for model in there {
        screen.line(&line(screen, model, (machine, wide)))?;
    }
    let recommended = models.catalog().recommended(machine);
    let fits = recommended.map(|entry| format!("{} is the one to try first here", entry.name));
    screen.note(&format!(
        "\n{}: {}.",
        words(machine),
        fits.unwrap_or("too little for any of these".to_owned())
    ));
    Ok(ExitCode::SUCCESS)
}

/// What a computer has, in words.
pub(in crate::cli) fn words(machine: Machine) -> String {
    let device = match machine.device {
        Device::Cpu => "no graphics card in use",
        Device::Gpu => "a graphics card",
    };
    match machine.ram_bytes {
        0 => format!("Memory unknown, {device}"),
        _ => format!("{} GiB of memory, {device}", machine.ram_gib()),
    }
}

fn name(screen: Screen, name: &str, wide: usize) -> String {
    screen.tinted(Tone::Strong, &format!("{name:<wide$}"))
}

fn line(screen: Screen, model: &Listed, (machine, wide): (Machine, usize)) -> String {
    let name = name(screen, &model.name, wide);
    let bytes = model.bytes.map(|bytes| format!("{:.1} GB", bytes as f64 / 1e9));
    let size = match (&model.from, bytes) {
        (From::Added, None) => "its file is gone".to_owned(),
        (_, bytes) => bytes.unwrap_or("?".to_owned()),
    };
    let Some(entry) = &model.catalog else { return format!("  {name} {size:>7}") };
    let room = if entry.fits(machine) { "" } else { " Too large for this computer." };
    let unchecked = if entry.checked { "" } else { " Not checked." };
    format!("  {name} {size:>7}, {}. {}{room}{unchecked}", entry.licence, entry.about)
}
