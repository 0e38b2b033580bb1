"""Blind readings of the pocket client: makes the sheet that a reader grades, and scores graded sheets.

    python3 training/eval/eval.py sheet --seed 1          # needs cargo; writes target/eval/sheet.csv and key.csv
    python3 training/eval/eval.py score                   # every sheet in training/eval/graded

`moments*.jsonl` are turns by somebody who had not seen the lines: persona, the client's last words, the trainee's
reply, the action to be voiced, and a reply by hand (gold). What the program says there and the gold stand in the sheet
in shuffled order, without their tags. A reader puts 1 or 0 under `fits_said` (fits what was said; a believable evasion
counts), `fits_action` (does what the action says), `fits_persona` (this person could say it), `grammar` (well formed) and
`role_break` (leaves the role).
"""

import argparse
import csv
import json
import math
import random
import subprocess
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GRADES = ["fits_said", "fits_action", "fits_persona", "grammar", "role_break"]
TARGETS = {"fits_said": 0.85, "fits_action": 0.95, "fits_persona": 0.95, "grammar": 0.99}
# What an action asks of a line, for a reader who has not read the program.
MEANING = {
    "deny": "there is no problem",
    "downplay": "the problem is small",
    "blame": "somebody or something else is at fault",
    "engage": "goes along without content: a bare or small answer",
    "inform": "gives plain information",
    "ember": "a small hedged bit of wanting change",
    "hesitate": "torn, puts it off",
    "doubt": "doubts that they can, or that it helps",
    "acknowledge": "admits that there is something",
    "reject": "turns a step down",
    "accept": "agrees to a step",
    "plan": "names a step of their own",
    "challenge": "at odds with the trainee: sarcasm, anger, credentials",
    "test": "tests the trainee, turns the question back",
    "deflect": "turns away: changes the subject, or will not go into it",
    "withdraw": "clipped or silent",
    "warn": "says that they are about done here",
    "leave": "leaves",
    "disclose": "tells something of their own that they had kept back",
}


def choices(name):
    """What the program says at each moment, from a release build."""
    command = ["cargo", "run", "--quiet", "--release", "--locked", "--example", "pocket_choices"]
    text = (HERE / name).read_text()
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def sheet(args):
    said = json.loads(Path(args.choices).read_text()) if args.choices else choices(args.moments)
    rows = []
    for record in said:
        for source in ["spoken", "gold"]:
            rows.append((record, source))
    random.Random(args.seed).shuffle(rows)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    with (out / "sheet.csv").open("w", newline="") as sheet_file, (out / "key.csv").open("w", newline="") as key_file:
        sheet_csv, key_csv = csv.writer(sheet_file), csv.writer(key_file)
        sheet_csv.writerow(["row", "persona", "client", "trainee", "action", "reply", *GRADES])
        key_csv.writerow(["row", "id", "source"])
        for number, (record, source) in enumerate(rows, 1):
            action = f"{record['action']}: {MEANING[record['action']]}"
            reply = record[source] or ""
            sheet_csv.writerow([number, record["persona"], record["client"], record["trainee"], action, reply, *[""] * 5])
            key_csv.writerow([number, record["id"], source])
    print(f"{out}/sheet.csv: {len(rows)} replies to grade; the key is beside it")


def wilson(hits, all_):
    """A 95% interval of a share."""
    if not all_:
        return 0.0, 0.0
    z, share = 1.96, hits / all_
    middle = share + z * z / (2 * all_)
    spread = z * math.sqrt(share * (1 - share) / all_ + z * z / (4 * all_ * all_))
    return (middle - spread) / (1 + z * z / all_), (middle + spread) / (1 + z * z / all_)


def score(_args):
    for graded in sorted((HERE / "graded").glob("*.csv")):
        counts = defaultdict(lambda: [0, 0])
        for row in csv.DictReader(graded.open(newline="")):
            for grade in GRADES:
                if row[grade] not in ("0", "1"):
                    raise SystemExit(f"{graded.name}: row {row['row']} has no grade for {grade}")
                counts[row["source"], grade][0] += int(row[grade])
                counts[row["source"], grade][1] += 1
        print(graded.stem)
        for source in ["spoken", "gold"]:
            for grade in GRADES:
                hits, all_ = counts[source, grade]
                low, high = wilson(hits, all_)
                target = f"  (>= {TARGETS[grade]:.2f})" if source == "spoken" and grade in TARGETS else ""
                print(f"  {source:<7}{grade:<13}{hits:>4}/{all_:<4} {hits / max(all_, 1):.3f} [{low:.3f}, {high:.3f}]{target}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("sheet")
    one.add_argument("--moments", default="moments5.jsonl")
    one.add_argument("--choices", help="a JSON array of what was said, instead of running the program")
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--out", default=str(ROOT / "target/eval"))
    one.set_defaults(run=sheet)
    commands.add_parser("score").set_defaults(run=score)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
