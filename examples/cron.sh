#!/usr/bin/env bash
# A nightly run: silent when all is well, one run at a time, and yesterday's lists stay when
# the new ones fail the gate, or differ too much. For a crontab:
#   15 2 * * *  /srv/shop/cron.sh /srv/shop
# DIR holds log.csv and items.csv; the lists are published as DIR/recs.parquet.
set -euo pipefail
cd "${1:?usage: cron.sh DIR}"
gate=${GATE:-ndcg@10=0.02}
least=${LEAST_OVERLAP:-0.3}

exec 9>.nightly.lock
flock --nonblock 9 || { echo "the run before still goes on" >&2; exit 75; }
export RECLI_LOG_FORMAT=json
mkdir -p tonight
quiet() { recli "$@" --quiet; }

quiet ingest log.csv -o tonight/interactions.parquet
quiet ingest items.csv --kind items --list 'categories:|' -o tonight/items.parquet

# First on the past alone: are today's data and settings as good as the gate asks?
quiet split time tonight/interactions.parquet \
  --train tonight/train.parquet --test tonight/test.parquet
quiet train-als tonight/train.parquet -o tonight/check.als
quiet retrieve tonight/check.als --users tonight/test.parquet --history tonight/train.parquet \
  -k 10 -o tonight/check.parquet
quiet evaluate tonight/check.parquet tonight/test.parquet ndcg@10 \
  --history tonight/train.parquet --min "$gate" -o tonight/metrics.csv

# Then on everything. Lists that share too little with those of yesterday are not published.
quiet train-als tonight/interactions.parquet -o tonight/als.model
quiet retrieve tonight/als.model --history tonight/interactions.parquet -k 50 \
  | quiet rerank cap --items tonight/items.parquet --by categories --max 3 --top 10 -k 10 \
      -o tonight/recs.parquet
[ ! -e recs.parquet ] || quiet diff recs.parquet tonight/recs.parquet \
  --fail-if "overlap@10 < $least" --fail-if 'users-lost > 1%' -o tonight/diff.csv
mv tonight/recs.parquet recs.parquet
