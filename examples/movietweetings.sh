#!/usr/bin/env bash
# MovieTweetings 100K: ratings of 7 and more, parted by time, popularity against the funnel.
#   examples/movietweetings.sh DIR      DIR holds ratings.dat, movies.dat and users.dat
set -euo pipefail
data=$(cd "${1:?usage: movietweetings.sh DIR}" && pwd)
work=${2:-movietweetings}
mkdir -p "$work" && cd "$work"
set -x

recli ingest "$data/ratings.dat" --no-header --map user=1,item=2,rating=3,timestamp=4:s \
  --min-rating 7 -o log.parquet
recli ingest "$data/movies.dat" --kind items --no-header --map item=1,title=2,genres=3 \
  --list 'genres:|' -o items.parquet

# The last 20% of the time is the test, of users known before it; inside the rest, the last 20%
# teaches the ranker and the last 10% of what is left chooses the window of popularity.
recli split time log.parquet --train train.parquet --test test.parquet --test-share 20% --warm-only
recli split time train.parquet --train past.parquet --test labels.parquet --test-share 20%

# Popularity of all time, and of the three last days.
recli train-popularity train.parquet -o popular.model
recli train-popularity train.parquet --window-days 3 -o recent.model
for model in popular recent; do
  recli retrieve $model.model --users test.parquet --history train.parquet -k 50 -o $model.parquet
done

# The funnel: recent favourites as candidates, ranked by all that is known of film and person.
recli train-popularity past.parquet --half-life-days 7 -o past.model
recli retrieve past.model --users labels.parquet --history past.parquet -k 200 \
  | recli train-lambdamart --labels labels.parquet --history past.parquet --items items.parquet \
      -o ranker.model
recli train-popularity train.parquet --half-life-days 7 -o candidates.model
recli retrieve candidates.model --users test.parquet --history train.parquet -k 200 \
  | recli rank ranker.model --history train.parquet --items items.parquet -k 50 -o funnel.parquet

recli evaluate popular.parquet recent.parquet funnel.parquet test.parquet ndcg@10 recall@10 \
  --history train.parquet --format table
