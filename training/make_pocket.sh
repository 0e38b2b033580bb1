#!/bin/sh
# Makes models/pocket.gguf, its card and the reference scores from prompts/lines. See README.md.
# Usage: training/make_pocket.sh [further options of pocket.py]
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
work=${POCKET_WORK:-"$root/target/pocket"}
python=${PYTHON:-python3}
mkdir -p "$work"
if [ -n "${POCKET_PAIRS:-}" ]; then
    pairs=$POCKET_PAIRS
else
    pairs="$work/pairs.jsonl"
    (cd "$root" && cargo run --quiet --release -- personas lines) > "$pairs"
fi
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 PYTHONHASHSEED=0
exec "$python" "$root/training/pocket.py" --pairs "$pairs" --work "$work" \
    --out "$root/models/pocket.gguf" --card "$root/models/POCKET.md" \
    --scores "$root/tests/data/pocket/scores.json" "$@"
