"""The authored lines as training data: what may follow what, and which lines compete.

Knows: the JSON lines of `pushback personas lines`. Never: tokens, tensors, scores.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path

# The bundled clients: the combinations of type and topic that are met most.
CLIENTS = {
    "mandated": "drinking",
    "adolescent": "school",
    "mistrust": "parenting",
    "defiant": "anger",
    "shut-down": "mood",
    "yes-but": "weight",
    "resists-autonomy": "smoking",
    "trauma-guarded": "drinking",
    "cultural-mistrust": "diabetes",
    "sceptic": "gambling",
}
TOPICS = (
    "anger diabetes drinking drugs gambling medication mood parenting school screens sleep smoking weight work".split()
)

# Which sampled actions a line's tag can voice: `wants` in src/domain/lines/tag.rs, read backwards.
ACTIONS = {
    "deny": ["deny", "reject"],
    "downplay": ["downplay"],
    "blame": ["blame"],
    "argue": ["reject", "deny", "downplay", "blame"],
    "attack": ["challenge", "test", "warn"],
    "test": ["test", "challenge"],
    "deflect": ["deflect", "engage", "withdraw"],
    "minimal": ["withdraw", "engage"],
    "yesbut": ["reject", "hesitate", "doubt"],
    "hesitate": ["hesitate"],
    "doubt": ["doubt"],
    "inform": ["inform"],
    "soften": ["acknowledge", "inform", "ember", "accept"],
    "ember": ["ember"],
    "acknowledge": ["acknowledge", "disclose"],
    "disclose": ["disclose"],
    "accept": ["accept"],
    "change": ["acknowledge", "plan", "ember"],
    "commit": ["plan"],
    "warn": ["warn"],
    "leave": ["leave"],
}

# The judge's names for what the trainee did, per name used in the banks: `turns_of` there, read backwards.
MOVES = {
    "opening": ["open_question", "other"],
    "confront": ["argue"],
    "advice": ["advise", "advise_permitted"],
    "closedq": ["closed_question"],
    "openq": ["open_question", "evoke"],
    "simple": ["simple_reflection"],
    "complex": ["complex_reflection", "acknowledge"],
    "double": ["double_sided"],
    "amplified": ["alongside"],
    "alongside": ["alongside"],
    "affirm": ["affirm"],
    "autonomy": ["autonomy"],
    "permission": ["permission"],
    "info_perm": ["inform_permitted", "advise_permitted"],
    "info_noperm": ["inform"],
    "summary": ["complex_reflection", "double_sided"],
    "planq": ["evoke", "open_question"],
}
ANY_MOVE = sorted({m for ms in MOVES.values() for m in ms} | {"other"})

# What the program puts for slots; a client of a type has that type's bundled client's people.
PEOPLE = {
    "mandated": {"who": "my PO", "kid": "Mia", "friend": "Donnie", "name": "Ray", "age": "41", "job": "delivery driver"},
    "adolescent": {"who": "my mom", "kid": "Ty", "friend": "Marcus", "name": "Tyler", "age": "15", "job": "student"},
    "mistrust": {"who": "the caseworker", "kid": "Josie", "friend": "Bernadette", "name": "Gwen", "age": "47", "job": "bookkeeper"},
    "defiant": {"who": "my wife", "kid": "Leo", "friend": "Artie", "name": "Vince", "age": "38", "job": "roofer"},
    "shut-down": {"who": "my sister", "kid": "Ann", "friend": "Pauline", "name": "Ellen", "age": "34", "job": "library assistant"},
    "yes-but": {"who": "my doctor", "kid": "Ben", "friend": "Lorraine", "name": "Carol", "age": "52", "job": "school secretary"},
    "resists-autonomy": {"who": "my mother", "kid": "Sam", "friend": "Priya", "name": "Nadia", "age": "29", "job": "dental receptionist"},
    "trauma-guarded": {"who": "my sister", "kid": "Lou", "friend": "Dot", "name": "June", "age": "36", "job": "night-shift baker"},
    "cultural-mistrust": {"who": "my daughter", "kid": "Elena", "friend": "Mrs. Okafor", "name": "Rosa", "age": "58", "job": "hospital laundry worker"},
    "sceptic": {"who": "my wife", "kid": "Sophie", "friend": "Colin", "name": "Martin", "age": "45", "job": "land surveyor"},
}
THINGS = {
    "anger": "my temper",
    "diabetes": "the diabetes",
    "drinking": "drinking",
    "drugs": "using",
    "gambling": "gambling",
    "medication": "my medication",
    "mood": "feeling low",
    "parenting": "this parenting stuff",
    "school": "school",
    "screens": "the phone",
    "sleep": "sleep",
    "smoking": "the smoking",
    "weight": "my weight",
    "work": "the job",
}
SLOT = re.compile(r"<(\w+)>|\{(thing|Thing)\}")


def upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def value(m: re.Match, kind: str, topic: str) -> str:
    if m[1]:
        return PEOPLE[kind].get(m[1], m[0])
    return THINGS[topic] if m[2] == "thing" else upper_first(THINGS[topic])


def spoken(line: str, kind: str, topic: str) -> str:
    """A client's line with its slots filled, as the engine gets it."""
    filled = SLOT.sub(lambda m: value(m, kind, topic), line)
    return re.sub(r"(^|[.?!] )([a-z])", lambda m: m[1] + m[2].upper(), filled)


def addressed(text: str, kind: str, topic: str) -> str:
    """A trainee's words with their slots filled: the client's "my sister" is the trainee's "your sister"."""
    return SLOT.sub(lambda m: re.sub(r"^my\b", "your", value(m, kind, topic)), text)


@dataclass(frozen=True)
class Pair:
    """One authored client line and the turns that it answers. Slots are unfilled."""

    trainee: tuple[str, ...]
    form: str | None  # what the wordings are: whole turns, or what completes a turn of that form
    reply: str
    actions: tuple[str, ...]
    moves: tuple[str, ...]  # the judge's names; empty = any
    types: tuple[str, ...]
    topics: tuple[str, ...]
    previous: str | None
    source: str
    clients: tuple[str, ...] = ()  # empty = any

    @property
    def generic(self) -> bool:
        """Fits any turn of its move: no trainee wording is attached."""
        return not self.trainee


@dataclass(frozen=True)
class Turn:
    """What is known when the client has to answer."""

    type: str
    topic: str
    action: str
    move: str
    trainee: str
    previous: str | None

    def system(self) -> str:
        return f"{self.type} {self.topic} {self.action} {self.move}"


def read(path: Path) -> list[Pair]:
    """Pairs of a JSON lines file in file order, without those of the closed list for crises."""
    pairs = []
    for text in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(text)
        if "crisis" in row["moves"]:
            continue
        moves = {m for turn in row["moves"] for m in MOVES.get(turn, ["other"])}
        pairs.append(
            Pair(
                trainee=tuple(row["trainee"]),
                form=row["form"],
                reply=row["reply"],
                actions=tuple(ACTIONS[row["tag"]]),
                moves=tuple(sorted(moves)),
                types=tuple(row["types"] or CLIENTS),
                topics=tuple(row["topics"] or TOPICS),
                previous=row["predecessor"],
                source=row["source"],
                clients=tuple(row["clients"]),
            )
        )
    return pairs


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def groups(pairs: list[Pair]) -> list[int]:
    """Group number per pair: pairs that share trainee wording, or a line of three words and more."""
    parent = list(range(len(pairs)))

    def find(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first: dict[tuple[str, str], int] = {}
    for i, p in enumerate(pairs):
        if p.generic:
            continue
        keys = [("trainee", t.lower()) for t in p.trainee]
        if len(p.reply.split()) >= 3:
            keys.append(("reply", p.reply.lower()))
        for key in keys:
            parent[find(i)] = find(first.setdefault(key, i))
    return [find(i) for i in range(len(pairs))]


def move_name(pair: Pair, rng: random.Random) -> str:
    """A judge's name for the pair's move; any, where the pair names none."""
    return rng.choice(pair.moves or ANY_MOVE)


def client_for(pair: Pair, rng: random.Random) -> tuple[str, str]:
    """A type and topic that the pair allows; half the time a bundled client's, where one fits."""
    bundled = [(k, t) for k, t in CLIENTS.items() if k in pair.types and t in pair.topics]
    if bundled and rng.random() < 0.5:
        return rng.choice(bundled)
    return rng.choice(pair.types), rng.choice(pair.topics)


@dataclass
class Split:
    """Pairs by use. Nothing of `fresh_groups` (trainee side or reply) is in `train`."""

    train: list[Pair] = field(default_factory=list)
    # (pair, wording never trained on); the pair's other wordings are trained on.
    wording_dev: list[tuple[Pair, str]] = field(default_factory=list)
    wording_test: list[tuple[Pair, str]] = field(default_factory=list)
    group_test: list[Pair] = field(default_factory=list)


def bucket(text: str, salt: str) -> int:
    """A stable number in 0..100, so that a split survives additions to the banks."""
    return int(hashlib.sha256(f"{salt}:{text}".encode()).hexdigest(), 16) % 100


def split(pairs: list[Pair]) -> Split:
    """Holds out a tenth of the groups whole, and one wording each of a third of the others."""
    number = groups(pairs)
    name: dict[int, str] = {}
    for i, p in enumerate(pairs):
        if not p.generic:
            name[number[i]] = min(name.get(number[i], "\uffff"), p.trainee[0])
    whole = {g for g, n in name.items() if bucket(n, "group") < 10}
    fresh = {p.reply for i, p in enumerate(pairs) if not p.generic and number[i] in whole}
    wordings = {p.trainee for p in pairs if len(p.trainee) >= 3}
    held = {t: t[bucket(t[0], "which") % len(t)] for t in sorted(wordings) if bucket(t[0], "wording") < 33}
    spoken = set(held.values())
    out = Split()
    for i, p in enumerate(pairs):
        if number[i] in whole and not p.generic:
            if p.previous is None and not p.source.startswith("dialogues"):
                out.group_test.append(p)
            continue
        if p.reply in fresh:
            continue
        if p.trainee in held:
            wording = held[p.trainee]
            part = out.wording_dev if bucket(wording, "part") < 50 else out.wording_test
            part.append((p, wording))
        left = tuple(t for t in p.trainee if t not in spoken)
        if p.generic or left:
            out.train.append(replace(p, trainee=left))
    return out


def by_use(pairs: list[Pair]) -> tuple[dict[tuple[str, ...], list[Pair]], list[Pair], list[Pair]]:
    """Pairs by the wordings that they answer; those for any turn of a move; those of whole conversations."""
    wordings, generic, dialogue = defaultdict(list), [], []
    for p in pairs:
        if p.generic:
            generic.append(p)
        elif p.previous is not None or p.source.startswith("dialogues"):
            dialogue.append(p)
        else:
            wordings[p.trainee].append(p)
    return wordings, generic, dialogue


class Pool:
    """Which lines compete for a turn: the hard filters of the program."""

    def __init__(self, pairs: list[Pair]):
        self.pairs = pairs
        self._specific: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        self._generic: dict[tuple[str, str, str, str], list[int]] = defaultdict(list)
        self._bound: dict[str, list[int]] = defaultdict(list)
        self.answers: dict[str, set[str]] = defaultdict(set)
        for i, p in enumerate(pairs):
            for t in p.trainee:
                self.answers[t].add(p.reply)
            for action in p.actions:
                if p.previous is not None:
                    self._bound[action].append(i)
                    continue
                for kind in p.types:
                    for topic in p.topics:
                        if not p.generic:
                            self._specific[kind, topic, action].append(i)
                        else:
                            for move in p.moves or ANY_MOVE:
                                self._generic[kind, topic, action, move].append(i)

    def specific(self, turn: Turn) -> list[Pair]:
        return [self.pairs[i] for i in self._specific[turn.type, turn.topic, turn.action]]

    def generic(self, turn: Turn) -> list[Pair]:
        return [self.pairs[i] for i in self._generic[turn.type, turn.topic, turn.action, turn.move]]

    def bound(self, action: str) -> list[Pair]:
        """Lines of whole dialogues, usable only after their predecessor."""
        return [self.pairs[i] for i in self._bound[action]]
