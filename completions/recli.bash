# bash completion for recli, printed by `recli completions bash`
_recli() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local path="" word words="" plain=1 i
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == -* ]] && break
    [[ $i == 2 && ! $path =~ ^(build-index|rerank|split)$ ]] && break
    path="${path:+$path }$word"
  done
  case "$path" in
    "") words="build-index completions evaluate generate ingest inspect rank rerank retrieve split train-als train-bpr train-item-knn train-lambdamart train-popularity verify --help"; plain= ;;
    "build-index") words="annoy exact ivf --help"; plain= ;;
    "rerank") words="boost cap filter mmr --help"; plain= ;;
    "split") words="leave-last random time users --help"; plain= ;;
    "build-index annoy") words="-o --out --target-recall -k --queries --seed --trees --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "build-index exact") words="-o --out --target-recall -k --queries --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "build-index ivf") words="-o --out --target-recall -k --queries --seed --lists --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "completions") words="--threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "evaluate") words="--history --items --users --graded --min-relevance --by --no-baseline --min --seed --json -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "generate") words="-o --out --users --items --interactions --days --cold-users --cold-items --seed -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "ingest") words="--kind --map --list --drop --source --delimiter --quote --header --no-header --encoding --id-type --time-zone --time-format --now --event-weights --min-rating --min-value --since --until --duplicates --min-per-user --min-per-item --rejects --max-rejects -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "inspect") words="--json --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rank") words="--history --items --users -k --jobs -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rerank boost") words="--items --users --model -k --jobs -o --out -f --format --where --factor --half-life-days --date --now --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rerank cap") words="--items --users --model -k --jobs -o --out -f --format --by --max --top --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rerank filter") words="--items --users --model -k --jobs -o --out -f --format --where --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rerank mmr") words="--items --users --model -k --jobs -o --out -f --format --lambda --by --top --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "retrieve") words="--users --history -k --keep-seen --exclude --only --cold-users --jobs -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "split leave-last") words="--train --test --valid --history --warm-only -f --format --last --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "split random") words="--train --test --valid --history --warm-only -f --format --test-share --valid-share --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "split time") words="--train --test --valid --history --warm-only -f --format --at --test-share --valid-at --valid-share --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "split users") words="--train --test --valid --history --warm-only -f --format --test-share --valid-share --hold-out-last --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-als") words="-o --out --users --segment --items --factors --iterations --regularization --nu --unobserved-weight --alpha --solver --cg-steps --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-bpr") words="-o --out --users --segment --items --factors --iterations --learning-rate --regularization --positive-regularization --negative-regularization --negatives --hardest-of --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-item-knn") words="-o --out --users --segment --items --similarity --neighbours --user-exponent --item-exponent --history-exponent --shrinkage --bm25-k1 --bm25-b --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-lambdamart") words="-o --out --labels --history --items --users --grade --negatives --trees --leaves --learning-rate --min-leaf --subsample --feature-share --l2 --truncation --validation --patience --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-popularity") words="-o --out --users --segment --items --window-days --half-life-days --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "verify") words="--kind --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
  esac
  case "$path $before" in
    "build-index annoy --log-format") words="text json"; plain= ;;
    "build-index exact --log-format") words="text json"; plain= ;;
    "build-index ivf --log-format") words="text json"; plain= ;;
    "completions --log-format") words="text json"; plain= ;;
    "evaluate -f") words="parquet arrow csv ndjson table"; plain= ;;
    "evaluate --format") words="parquet arrow csv ndjson table"; plain= ;;
    "evaluate --log-format") words="text json"; plain= ;;
    "generate -f") words="parquet csv ndjson"; plain= ;;
    "generate --format") words="parquet csv ndjson"; plain= ;;
    "generate --log-format") words="text json"; plain= ;;
    "ingest --kind") words="interactions items users"; plain= ;;
    "ingest --encoding") words="utf-8 latin-1 cp1252 utf-16"; plain= ;;
    "ingest --id-type") words="string int64"; plain= ;;
    "ingest --duplicates") words="keep sum last first max error"; plain= ;;
    "ingest -f") words="parquet arrow csv ndjson table"; plain= ;;
    "ingest --format") words="parquet arrow csv ndjson table"; plain= ;;
    "ingest --log-format") words="text json"; plain= ;;
    "inspect --log-format") words="text json"; plain= ;;
    "rank -f") words="parquet arrow csv ndjson table"; plain= ;;
    "rank --format") words="parquet arrow csv ndjson table"; plain= ;;
    "rank --log-format") words="text json"; plain= ;;
    "rerank boost -f") words="parquet arrow csv ndjson table"; plain= ;;
    "rerank boost --format") words="parquet arrow csv ndjson table"; plain= ;;
    "rerank boost --log-format") words="text json"; plain= ;;
    "rerank cap -f") words="parquet arrow csv ndjson table"; plain= ;;
    "rerank cap --format") words="parquet arrow csv ndjson table"; plain= ;;
    "rerank cap --log-format") words="text json"; plain= ;;
    "rerank filter -f") words="parquet arrow csv ndjson table"; plain= ;;
    "rerank filter --format") words="parquet arrow csv ndjson table"; plain= ;;
    "rerank filter --log-format") words="text json"; plain= ;;
    "rerank mmr -f") words="parquet arrow csv ndjson table"; plain= ;;
    "rerank mmr --format") words="parquet arrow csv ndjson table"; plain= ;;
    "rerank mmr --log-format") words="text json"; plain= ;;
    "retrieve --cold-users") words="popularity factors"; plain= ;;
    "retrieve -f") words="parquet arrow csv ndjson table"; plain= ;;
    "retrieve --format") words="parquet arrow csv ndjson table"; plain= ;;
    "retrieve --log-format") words="text json"; plain= ;;
    "split leave-last -f") words="parquet arrow csv ndjson table"; plain= ;;
    "split leave-last --format") words="parquet arrow csv ndjson table"; plain= ;;
    "split leave-last --log-format") words="text json"; plain= ;;
    "split random -f") words="parquet arrow csv ndjson table"; plain= ;;
    "split random --format") words="parquet arrow csv ndjson table"; plain= ;;
    "split random --log-format") words="text json"; plain= ;;
    "split time -f") words="parquet arrow csv ndjson table"; plain= ;;
    "split time --format") words="parquet arrow csv ndjson table"; plain= ;;
    "split time --log-format") words="text json"; plain= ;;
    "split users -f") words="parquet arrow csv ndjson table"; plain= ;;
    "split users --format") words="parquet arrow csv ndjson table"; plain= ;;
    "split users --log-format") words="text json"; plain= ;;
    "train-als --solver") words="cg exact"; plain= ;;
    "train-als --log-format") words="text json"; plain= ;;
    "train-bpr --negatives") words="uniform popularity"; plain= ;;
    "train-bpr --log-format") words="text json"; plain= ;;
    "train-item-knn --similarity") words="cosine jaccard tf-idf bm25"; plain= ;;
    "train-item-knn --log-format") words="text json"; plain= ;;
    "train-lambdamart --log-format") words="text json"; plain= ;;
    "train-popularity --log-format") words="text json"; plain= ;;
    "verify --kind") words="interactions items users candidates metrics"; plain= ;;
    "verify --log-format") words="text json"; plain= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ -n $plain && $current != -* ]] && COMPREPLY+=($(compgen -f -- "$current"))
  return 0
}
complete -o filenames -F _recli recli
