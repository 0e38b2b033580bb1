#!/usr/bin/env bash
# Fits the judge's evidence weights to a file of annotated sessions in AnnoMI's columns and to the invented
# sessions beside this script, and writes them into prompts/lexicon/weights.toml: training/judge/fit.sh DEV.csv
# Wants Python with numpy and scikit-learn. The same files, the weights in
# place among them, give the same weights: the judge follows a conversation by what it has.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

cargo build --quiet --locked --example judge_evidence
target=${CARGO_TARGET_DIR:-target}
see() { # FILE|FOLDER NAME
  python3 training/judge/sessions.py "$1" "$work/$2.csv" "$work/$2-unmarked.csv"
  for copy in "$2" "$2-unmarked"; do
    "$target/debug/examples/judge_evidence" "$work/$copy.csv" prompts > "$work/$copy.jsonl"
  done
}
# Doubt goes by the evidence, and so needs its new weights.
for what in evidence doubt; do
  see "$1" annotated
  see training/judge/invented invented
  python3 training/judge/fit.py "$work" prompts/lexicon/weights.toml "$what"
done
