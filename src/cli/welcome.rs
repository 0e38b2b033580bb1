//! What somebody hears of models who has only the bundled one.

use super::models::words;
use crate::app::models::{Models, machine};

/// In every session but the first.
pub(super) fn brief() -> String {
    "The bundled client speaks lines written by hand, within a narrow world. \
     Models that speak freely: `pushback models list`."
        .to_owned()
}

/// In the first session that is kept, and never again.
pub(super) fn first() -> String {
    let Ok(models) = Models::of_user() else { return brief() };
    let pocket = "The bundled client speaks lines written by hand, which a small model chooses, within a \
                  narrow world: thirty clients and their topics, in English. A larger model speaks freely.";
    if let Some(here) = models.list().into_iter().find(|model| model.path.is_some()) {
        return format!("{pocket} One is here:\n  pushback --model {}", here.name);
    }
    let machine = machine();
    let Some(entry) = models.catalog().recommended(machine) else {
        return format!("{pocket} This computer has too little memory for one.");
    };
    let (has, size) = (words(machine), entry.size());
    let command = if cfg!(feature = "download") {
        format!("pushback models pull {}", entry.name)
    } else {
        format!("pushback models add {}", entry.file)
    };
    format!(
        "{pocket} {has}: {} would run here ({size}, {}).\n  {command}\nNothing is downloaded unless you say so.",
        entry.title, entry.licence
    )
}
