#!/usr/bin/env bash
# Fits the judge's evidence weights to a file of annotated sessions in AnnoMI's columns, and writes
# them into prompts/lexicon/weights.toml: training/judge/fit.sh DEV.csv
# Wants Python with numpy and scikit-learn. The same file gives the same weights.
set -euo pipefail
cd "$(dirname "$0")/../.."
gold=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# The same turns as somebody types them who leaves punctuation out.
python3 - "$gold" "$work/unmarked.csv" <<'PYTHON'
import csv, re, sys
rows = csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8"))
with open(sys.argv[2], "w", newline="", encoding="utf-8") as out:
    copy = csv.DictWriter(out, rows.fieldnames)
    copy.writeheader()
    for row in rows:
        bare = re.sub(r"[^\w\s']", " ", row["utterance_text"])
        copy.writerow({**row, "utterance_text": " ".join(bare.split())})
PYTHON

cargo build --quiet --locked --example judge_evidence
for copy in "$gold" "$work/unmarked.csv"; do
  cargo run --quiet --locked --example judge_evidence -- "$copy" > "$work/$(basename "$copy").jsonl"
done
python3 training/judge/fit.py "$gold" "$work/$(basename "$gold").jsonl" "$work/unmarked.csv.jsonl" \
  prompts/lexicon/weights.toml
