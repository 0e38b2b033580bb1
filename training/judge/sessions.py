"""Coded sessions as `examples/judge_evidence.rs` reads them: AnnoMI's columns, with and without punctuation.

    sessions.py FILE.csv|FOLDER OUT.csv UNMARKED.csv

A folder holds sessions in the form of `invented/`: `## topic`, then a line a turn: T or C, the code of who wrote it, the code
of a second reader who had not seen the first, for T the acts present, then ` | ` and the words.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

ACTS = {"R": "reflection", "Q": "question", "I": "therapist_input", "O": "other"}
TALK = {"C": "change", "S": "sustain", "N": "neutral"}
COLUMNS = ["transcript_id", "video_url", "topic", "utterance_id", "interlocutor", "utterance_text", "main_therapist_behaviour",
           "reflection_exists", "question_exists", "therapist_input_exists", "client_talk_type", "agreed"]
TURN = re.compile(r"(?:T ([RQIO]) ([RQIO]) ([RQI]+|-)|C ([CSN]) ([CSN])) \| (.+)")


def invented(folder: Path) -> list[dict]:
    """The turns of all files; who wrote a file stands for a video, so that hands can be held apart."""
    rows, session = [], 0
    for path in sorted(folder.glob("*.txt")):
        for line in filter(None, path.read_text(encoding="utf-8").splitlines()):
            if line.startswith("## "):
                topic, session, turn = line[3:], session + 1, 0
                continue
            found = TURN.fullmatch(line)
            if not found:
                raise SystemExit(f"{path.name}: cannot be read: {line}")
            act, second, acts, talk, second_talk, text = found.groups()
            row = dict.fromkeys(COLUMNS, "") | {
                "transcript_id": session, "video_url": path.stem, "topic": topic, "utterance_id": turn,
                "utterance_text": text, "agreed": (act, talk) == (second, second_talk)}
            if act:
                row |= {"interlocutor": "therapist", "main_therapist_behaviour": ACTS[act],
                        **{f"{ACTS[a]}_exists": a in acts for a in "RQI"}}
            else:
                row |= {"interlocutor": "client", "client_talk_type": TALK[talk]}
            rows.append(row)
            turn += 1
    return rows


def annotated(path: Path) -> list[dict]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path: str, rows: list[dict]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, rows[0].keys())
        out.writeheader()
        out.writerows(rows)


def unmarked(row: dict) -> dict:
    """The turn as somebody types it who leaves punctuation out."""
    bare = re.sub(r"[^\w\s']", " ", row["utterance_text"])
    return {**row, "utterance_text": " ".join(bare.split())}


def main() -> None:
    source, marked_path, unmarked_path = sys.argv[1:]
    rows = invented(Path(source)) if Path(source).is_dir() else annotated(Path(source))
    write(marked_path, rows)
    write(unmarked_path, [unmarked(row) for row in rows])


if __name__ == "__main__":
    main()
