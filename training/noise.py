"""How trainees type: the same turn in other words, lower case, unpunctuated, misspelt.

Knows: English wording. Never: clients, tokens. Pure in the given random source.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

FOLDER = Path(__file__).parent
CLASSES = [
    [w.strip() for w in row.split("|")]
    for row in (FOLDER / "synonyms.txt").read_text(encoding="utf-8").splitlines()
    if row and not row.startswith("#")
]
SYNONYM = {word: row for row in CLASSES for word in row}
PATTERN = re.compile(r"\b(" + "|".join(sorted(map(re.escape, SYNONYM), key=len, reverse=True)) + r")\b", re.I)

# How wordings that are no whole turns become one. The first of each is the plain one.
FRAMES = {
    "turn": ["{}"],
    "reflection": ["So {}.", "{}.", "It sounds like {}.", "Sounds like {}", "What I'm hearing is that {}.", "You're saying {}.",
                   "You feel that {}.", "It seems {}.", "I get the sense {}", "In other words {}.", "For you, {}.",
                   "Let me see if I got this, {}?", "If I understand you, {}.", "From where you sit, {}.", "So it's like {}"],
    "amplified": ["So {}.", "{}.", "It sounds like {}.", "You're saying {}.", "Okay, so {}", "So really, {}.", "In other words, {}."],
    "question": ["{}?", "So {}?", "Can I ask, {}?", "I'm curious, {}?", "I was wondering {}", "Help me understand, {}?",
                 "Tell me, {}?", "Okay. {}?"],
    "asked": ["{}?", "So {}?", "Can I ask, {}?", "Tell me, {}?", "Just a quick one, {}?", "{}"],
    "advice": ["You could {}.", "You should {}.", "Have you thought about trying to {}?", "Why don't you {}?", "You need to {}.",
               "I think you should {}.", "If I were you I'd {}.", "Maybe {}?", "What if you {}?", "My advice is to {}.",
               "How about you {}?", "It might help to {}"],
    "info": ["Did you know that {}?", "{}.", "Studies show {}.", "The fact is, {}.", "I should tell you that {}.", "You know, {}.",
             "Can I share something? {}.", "Some people find that {}."],
}

OPENERS = ["um", "uh", "okay so", "well", "right,", "hmm,", "okay,", "so", "i see,", "alright,", "and", "oh,", "yeah,",
           "i mean", "can I ask,", "just wondering,"]
CLOSERS = ["right?", "is that right?", "you know?", "am I getting that right?", "tell me more.", "what do you think?",
           "okay?", "does that fit?", "if that's ok.", "I guess."]
CONTENT = re.compile(r"[a-z']{4,}", re.I)


def reword(text: str, rng: random.Random) -> str:
    """Swaps about half of the known words for another of their class."""

    def swap(m: re.Match) -> str:
        return rng.choice(SYNONYM[m[0].lower()]) if rng.random() < 0.5 else m[0]

    return PATTERN.sub(swap, text)


def misspell(word: str, rng: random.Random) -> str:
    if len(word) < 4:
        return word
    i = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:i] + word[i + 1 :]
    if kind == 1:
        return word[:i] + word[i] + word[i:]
    if kind == 2:
        return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    return word[:i] + rng.choice("aeionrst") + word[i + 1 :]


def drop_words(text: str, rate: float, rng: random.Random) -> str:
    words = text.split()
    kept = [w for w in words if rng.random() >= rate or "<" in w]
    return " ".join(kept or words)


def framed(text: str, form: str, frame: str) -> str:
    """A whole turn of `form` made from `text`."""
    if form == "turn":
        return text
    text = frame.format(text)
    return text[:1].upper() + text[1:]


def plain(text: str, form: str) -> str:
    return framed(text, form, FRAMES[form][0])


def trainee(text: str, form: str, rng: random.Random) -> str:
    """One way of typing `text`; about a third of the time, the text itself."""
    text = framed(text, form, rng.choice(FRAMES[form]))
    if rng.random() < 0.5:
        text = reword(text, rng)
    if rng.random() < 0.15:
        text = f"{rng.choice(OPENERS)} {text[:1].lower()}{text[1:]}"
    if rng.random() < 0.1:
        text = f"{text} {rng.choice(CLOSERS)}"
    if rng.random() < 0.35:
        text = drop_words(text, 0.15, rng)
    dice = rng.random()
    if dice < 0.18:
        text = text.lower()
    elif dice < 0.28:
        text = re.sub(r"[.,!?]", "", text).lower()
    elif dice < 0.34:
        text = text.rstrip(".?!")
    if rng.random() < 0.1:
        text = text.replace("'", "")
    # A turn of nothing but dots may have lost them by now.
    if rng.random() < 0.12 and (words := text.split()):
        i = rng.randrange(len(words))
        if "<" not in words[i]:
            words[i] = misspell(words[i], rng)
        text = " ".join(words)
    return text
