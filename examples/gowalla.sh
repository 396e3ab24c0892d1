#!/usr/bin/env bash
# Gowalla check-ins, the split of the LightGCN paper: three models, all items ranked.
#   examples/gowalla.sh DIR      DIR holds train.txt and test.txt; QUICK=1 trains small models
set -euo pipefail
data=$(cd "${1:?usage: gowalla.sh DIR}" && pwd)
work=${2:-gowalla}
mkdir -p "$work" && cd "$work"
set -x

for part in train test; do
  recli ingest "$data/$part.txt" --source row-lists --max-rejects 1% --rejects $part.rejects.csv \
    -o $part.parquet
done
if [ -n "${QUICK:-}" ]; then
  als=(--factors 32 --iterations 5) bpr=(--factors 16 --iterations 5)
else
  # Chosen on valid.txt, which is a part of train.txt.
  als=(--factors 512 --iterations 12 --unobserved-weight 0.02 --regularization 0.003)
  bpr=(--factors 128 --iterations 60 --learning-rate 0.2 --hardest-of 16)
fi
recli train-item-knn train.parquet -o item-knn.model
recli train-als train.parquet "${als[@]}" -o als.model
recli train-bpr train.parquet "${bpr[@]}" -o bpr.model
for model in item-knn als bpr; do
  recli retrieve $model.model --users test.parquet --history train.parquet -k 20 -o $model.parquet
done
recli evaluate item-knn.parquet als.parquet bpr.parquet test.parquet recall@20 ndcg@20 \
  --history train.parquet --format table
