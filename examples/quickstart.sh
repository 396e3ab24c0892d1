#!/usr/bin/env bash
# Install recli into a virtual environment and run the whole funnel on a shop that it makes.
#   examples/quickstart.sh [DIR]      DIR is where the files go (default: quickstart)
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

if [ -z "${RECLI_INSTALLED:-}" ]; then
  venv=$root/.venv/quickstart
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$root"
  export PATH="$venv/bin:$PATH"
fi
mkdir -p "${1:-quickstart}" && cd "${1:-quickstart}"
set -x

# A shop's raw files: a log of events, a catalogue, and the people.
recli generate --seed 1 --format csv -o shop
recli ingest shop/interactions.csv -o interactions.parquet
recli ingest shop/items.csv --kind items --list 'categories:|' -o items.parquet
recli ingest shop/users.csv --kind users -o users.parquet

# The last fifth of the time is for the test; before it, the last fifth teaches the ranker.
recli split time interactions.parquet --train train.parquet --test test.parquet
recli split time train.parquet --train past.parquet --test labels.parquet

# The ranker learns from what retrieval offered and what people then did.
recli train-als past.parquet -o past.als
recli retrieve past.als --users labels.parquet --history past.parquet -k 200 \
  | recli train-lambdamart --labels labels.parquet --history past.parquet \
      --items items.parquet --users users.parquet -o ranker.model

# The lists: retrieve, rank, and no more than three of a category among the first five.
recli train-als train.parquet -o als.model
recli build-index exact als.model -o als.index
recli retrieve als.index --users test.parquet --history train.parquet -k 200 \
  | recli rank ranker.model --history train.parquet --items items.parquet \
      --users users.parquet -k 50 \
  | recli rerank cap --items items.parquet --by categories --max 3 --top 5 -k 10 -o recs.parquet

recli evaluate recs.parquet test.parquet ndcg@10 recall@10 coverage@10 \
  --history train.parquet --items items.parquet --format table
