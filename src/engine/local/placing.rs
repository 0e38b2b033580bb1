//! Where a model runs, decided from what was measured.
//! Knows: bytes. Never: how they are measured.

/// What computes on a graphics card besides weights and conversation.
const WORKSPACE_BYTES: u64 = 512 << 20;
/// A conversation of so many tokens is reckoned with.
pub(super) const TALK_TOK: u64 = 8192;
/// Models that take less fit everywhere.
const SMALL_BYTES: u64 = 256 << 20;

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    pub weights_bytes: u64,
    /// A long conversation, as the processor keeps it; on a card it takes twice as much.
    pub talk_bytes: u64,
}

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// The kinds of graphics card that the program was built for, best first.
    pub cards: Vec<Card>,
    /// Memory that is free for the processor, where the system says so.
    pub free_bytes: Option<u64>,
}

/// A graphics card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Card {
    pub name: String,
    pub state: CardState,
}

/// Whether a graphics card can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CardState {
    /// It does not answer.
    Silent,
    /// It does, and has so much memory free, where it says so.
    There { free_bytes: Option<u64> },
}

/// Where a model runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// The card, by its place among the facts; the processor, if none.
    pub card: Option<usize>,
    /// What somebody should know who expected something else.
    pub why: Option<String>,
}

/// The first card that answers and has room; else the processor.
pub(super) fn decide(need: Need, facts: &Facts) -> Decision {
    let on_card = need.weights_bytes.saturating_add(need.talk_bytes * 2).saturating_add(WORKSPACE_BYTES);
    let has_room = |card: &Card| match card.state {
        CardState::Silent => false,
        CardState::There { free_bytes } => free_bytes.is_none_or(|free| free >= on_card),
    };
    let card = facts.cards.iter().position(has_room);
    let why = match card {
        Some(0) => None,
        Some(at) => unused(&facts.cards[..at], on_card)
            .map(|why| format!("the model runs on {}: {why}", facts.cards[at].name)),
        None => {
            let unused =
                unused(&facts.cards, on_card).map(|why| format!("the model runs on the processor: {why}"));
            let parts: Vec<String> = [unused, short(need, facts.free_bytes)].into_iter().flatten().collect();
            (!parts.is_empty()).then(|| parts.join("; "))
        }
    };
    Decision { card, why }
}

/// What it says where the processor's own memory may run short.
pub(super) fn short(need: Need, free_bytes: Option<u64>) -> Option<String> {
    let bytes = need.weights_bytes.saturating_add(need.talk_bytes);
    let free = free_bytes.filter(|&free| free < bytes && bytes > SMALL_BYTES)?;
    Some(format!(
        "memory may run short: {} GB are free, and the model takes {} GB with a long conversation. \
         `pushback models list` has smaller ones",
        gigabytes(free),
        gigabytes(bytes)
    ))
}

/// Why these cards are not used.
fn unused(cards: &[Card], on_card: u64) -> Option<String> {
    let reason = |card: &Card| match card.state {
        CardState::There { free_bytes: Some(free) } => {
            format!("{} has {} GB free, and {} GB are needed", card.name, gigabytes(free), gigabytes(on_card))
        }
        _ => format!("{} does not answer", card.name),
    };
    let reasons: Vec<String> = cards.iter().map(reason).collect();
    (!reasons.is_empty()).then(|| reasons.join(", "))
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;

    fn card(name: &str, free: Option<Option<u64>>) -> Card {
        let state = match free {
            None => CardState::Silent,
            Some(free) => CardState::There { free_bytes: free.map(|gb| gb * GB / 10) },
        };
        Card { name: name.to_owned(), state }
    }

    /// Where a model of 4 GB and a conversation of 1 GB runs, and what is said. Tenths of gigabytes.
    fn placed(cards: &[Card], free: Option<u64>) -> (String, String) {
        let facts = Facts { cards: cards.to_vec(), free_bytes: free.map(|gb| gb * GB / 10) };
        let decision = decide(Need { weights_bytes: 4 * GB, talk_bytes: GB }, &facts);
        let name = decision.card.map_or("cpu".to_owned(), |at| cards[at].name.clone());
        (name, decision.why.unwrap_or_default())
    }

    #[test]
    fn a_model_runs_on_the_first_card_with_room() {
        for (cards, free, device, why) in [
            (vec![], Some(160), "cpu", ""),
            (vec![], None, "cpu", ""),
            (vec![card("cuda:0", Some(Some(80)))], Some(10), "cuda:0", ""),
            (vec![card("metal", Some(None))], Some(160), "metal", ""),
            (vec![card("cuda:0", Some(Some(66)))], Some(160), "cuda:0", ""),
            (
                vec![card("cuda:0", Some(Some(65)))],
                Some(160),
                "cpu",
                "the model runs on the processor: cuda:0 has 6.5 GB free, and 6.5 GB are needed",
            ),
            (
                vec![card("cuda:0", None)],
                Some(50),
                "cpu",
                "the model runs on the processor: cuda:0 does not answer",
            ),
            (
                vec![card("cuda:0", Some(Some(20))), card("metal", Some(Some(80)))],
                Some(160),
                "metal",
                "the model runs on metal: cuda:0 has 2.0 GB free, and 6.5 GB are needed",
            ),
            (
                vec![],
                Some(30),
                "cpu",
                "memory may run short: 3.0 GB are free, and the model takes 5.0 GB with a long conversation. \
                 `pushback models list` has smaller ones",
            ),
            (
                vec![card("metal", None)],
                Some(49),
                "cpu",
                "the model runs on the processor: metal does not answer; memory may run short: 4.9 GB are free, \
                 and the model takes 5.0 GB with a long conversation. `pushback models list` has smaller ones",
            ),
        ] {
            assert_eq!(placed(&cards, free), (device.to_owned(), why.to_owned()), "{cards:?}, {free:?}");
        }
    }

    #[test]
    fn a_small_model_fits_everywhere() {
        let need = Need { weights_bytes: 20 << 20, talk_bytes: 1 << 20 };
        assert_eq!(short(need, Some(0)), None);
    }
}
