# bash completion for recli, printed by `recli completions bash`
_recli() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  local path="" word words="" plain=1 i
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    word=${COMP_WORDS[i]}
    [[ $word == -* ]] && break
    [[ $i == 2 && ! $path =~ ^(build-index|merge|rerank|split)$ ]] && break
    path="${path:+$path }$word"
  done
  case "$path" in
    "") words="blend build-index completions evaluate features generate ingest inspect merge rank rerank retrieve score similar split train-als train-als-explicit train-association train-auto train-biased-mf train-bpr train-bspm train-category-popularity train-content train-ease train-gf-cf train-item-knn train-lambdamart train-lmf train-nmf train-popularity train-pure-svd train-random train-rp3beta train-slim train-svd-pp train-trending train-user-knn train-wmf tune verify --help"; plain= ;;
    "build-index") words="annoy auto exact hnsw ivf ivf-pq --help"; plain= ;;
    "merge") words="quotas reciprocal-rank switching union weighted --help"; plain= ;;
    "rerank") words="boost cap filter mmr --help"; plain= ;;
    "split") words="leave-last random time users --help"; plain= ;;
    "blend") words="--valid --metric --graded --min-relevance --names --sample -o --out --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "build-index annoy") words="-o --out --target-recall -k --queries --seed --trees --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "build-index auto") words="-o --out --target-recall -k --queries --seed --time-limit --threads --config --log-format -q --quiet -v --verbose -h --help" ;;
    "build-index exact") words="-o --out --target-recall -k --queries --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "build-index hnsw") words="-o --out --target-recall -k --queries --seed --links --ef-construction --longest --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "build-index ivf") words="-o --out --target-recall -k --queries --seed --lists --longest --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "build-index ivf-pq") words="-o --out --target-recall -k --queries --seed --lists --factors-a-byte --longest --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "completions") words="--threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "evaluate") words="--history --items --users --graded --min-relevance --by --no-baseline --min --max --seed --json -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "features") words="--history --items --users --features --ranker --without --features-only --jobs -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "generate") words="-o --out --users --items --interactions --days --cold-users --cold-items --seed -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "ingest") words="--kind --map --list --drop --source --delimiter --quote --header --no-header --encoding --id-type --time-zone --time-format --now --event-weights --min-rating --min-value --since --until --duplicates --min-per-user --min-per-item --rejects --max-rejects -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "inspect") words="--json --plot --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "merge quotas") words="--history --names -k --jobs -o --out -f --format --quotas --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "merge reciprocal-rank") words="--history --names -k --jobs -o --out -f --format --constant --weights --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "merge switching") words="--history --names -k --jobs -o --out -f --format --half --steepness --normalise --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "merge union") words="--history --names -k --jobs -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "merge weighted") words="--history --names -k --jobs -o --out -f --format --weights --normalise --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rank") words="--history --items --users --features -k --jobs -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rerank boost") words="--items --users --model -k --jobs -o --out -f --format --where --factor --half-life-days --date --now --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rerank cap") words="--items --users --model -k --jobs -o --out -f --format --by --max --top --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rerank filter") words="--items --users --model -k --jobs -o --out -f --format --where --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "rerank mmr") words="--items --users --model -k --jobs -o --out -f --format --lambda --by --top --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "retrieve") words="--users --history --seed-items -k --keep-seen --exclude --only --only-by --cold-users --items --cold-items --shortfall --jobs -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "score") words="--history --jobs -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "similar") words="-k --items-of --only -o --out -f --format --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "split leave-last") words="--train --test --valid --history --warm-only -f --format --last --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "split random") words="--train --test --valid --history --warm-only -f --format --test-share --valid-share --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "split time") words="--train --test --valid --history --warm-only -f --format --at --test-share --valid-at --valid-share --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "split users") words="--train --test --valid --history --warm-only -f --format --test-share --valid-share --hold-out-last --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-als") words="-o --out --users --segment --items --factors --iterations --regularization --nu --unobserved-weight --alpha --solver --cg-steps --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-als-explicit") words="-o --out --users --segment --items --factors --iterations --regularization --nu --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-association") words="-o --out --users --segment --items --measure --min-support --basket-hours --neighbours --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-auto") words="--valid -o --out --metric --min-relevance --models --items --history --time-limit --trials --seed --threads --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-biased-mf") words="-o --out --users --segment --items --factors --iterations --regularization --bias-regularization --nu --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-bpr") words="-o --out --users --segment --items --factors --iterations --learning-rate --regularization --positive-regularization --negative-regularization --negatives --hardest-of --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-bspm") words="-o --out --users --segment --items --factors --low-pass-weight --sharpening-time --sharpening-steps --solver --merge --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-category-popularity") words="-o --out --users --segment --items --by --smoothing --window-days --half-life-days --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-content") words="-o --out --users --segment --items --columns --similarity --values --half-life-days --min-count --max-terms --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-ease") words="-o --out --users --segment --items --regularization --dropout --user-exponent --item-exponent --neighbours --max-memory-gib --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-gf-cf") words="-o --out --users --segment --items --factors --low-pass-weight --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-item-knn") words="-o --out --users --segment --items --similarity --values --neighbours --user-exponent --item-exponent --history-exponent --shrinkage --bm25-k1 --bm25-b --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-lambdamart") words="-o --out --labels --history --items --users --features --grade --negatives --without --features-only --trees --leaves --learning-rate --min-leaf --subsample --feature-share --l2 --truncation --validation --patience --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-lmf") words="-o --out --users --segment --items --factors --iterations --learning-rate --regularization --alpha --negatives --popularity-exponent --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-nmf") words="-o --out --users --segment --items --factors --iterations --regularization --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-popularity") words="-o --out --users --segment --items --window-days --half-life-days --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-pure-svd") words="-o --out --users --segment --items --factors --user-exponent --item-exponent --spectral-exponent --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-random") words="-o --out --users --segment --items --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-rp3beta") words="-o --out --users --segment --items --alpha --beta --neighbours --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-slim") words="-o --out --users --segment --items --l1 --l2 --neighbours --positive --no-positive --user-exponent --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-svd-pp") words="-o --out --users --segment --items --factors --iterations --learning-rate --regularization --bias-regularization --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-trending") words="-o --out --users --segment --items --half-life-days --base-half-life-days --prior --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-user-knn") words="-o --out --users --segment --items --similarity --values --neighbours --history-exponent --user-exponent --item-exponent --shrinkage --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "train-wmf") words="-o --out --users --segment --items --factors --iterations --regularization --nu --unobserved-weight --popularity-exponent --cg-steps --seed --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
    "tune") words="--valid --metric --min-relevance --items --history --time-limit --trials --set --study --jobs --seed -o --out --threads --config --log-format -q --quiet -v --verbose -h --help" ;;
    "verify") words="--kind --threads --time-limit --config --log-format -q --quiet -v --verbose -h --help" ;;
  esac
  case "$path $before" in
    "blend --log-format") words="text json"; plain= ;;
    "build-index annoy --log-format") words="text json"; plain= ;;
    "build-index auto --log-format") words="text json"; plain= ;;
    "build-index exact --log-format") words="text json"; plain= ;;
    "build-index hnsw --log-format") words="text json"; plain= ;;
    "build-index ivf --log-format") words="text json"; plain= ;;
    "build-index ivf-pq --log-format") words="text json"; plain= ;;
    "completions --log-format") words="text json"; plain= ;;
    "evaluate -f") words="parquet arrow csv ndjson table"; plain= ;;
    "evaluate --format") words="parquet arrow csv ndjson table"; plain= ;;
    "evaluate --log-format") words="text json"; plain= ;;
    "features -f") words="parquet arrow csv ndjson table"; plain= ;;
    "features --format") words="parquet arrow csv ndjson table"; plain= ;;
    "features --log-format") words="text json"; plain= ;;
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
    "merge quotas -f") words="parquet arrow csv ndjson table"; plain= ;;
    "merge quotas --format") words="parquet arrow csv ndjson table"; plain= ;;
    "merge quotas --log-format") words="text json"; plain= ;;
    "merge reciprocal-rank -f") words="parquet arrow csv ndjson table"; plain= ;;
    "merge reciprocal-rank --format") words="parquet arrow csv ndjson table"; plain= ;;
    "merge reciprocal-rank --log-format") words="text json"; plain= ;;
    "merge switching -f") words="parquet arrow csv ndjson table"; plain= ;;
    "merge switching --format") words="parquet arrow csv ndjson table"; plain= ;;
    "merge switching --normalise") words="min-max z-score rank none"; plain= ;;
    "merge switching --log-format") words="text json"; plain= ;;
    "merge union -f") words="parquet arrow csv ndjson table"; plain= ;;
    "merge union --format") words="parquet arrow csv ndjson table"; plain= ;;
    "merge union --log-format") words="text json"; plain= ;;
    "merge weighted -f") words="parquet arrow csv ndjson table"; plain= ;;
    "merge weighted --format") words="parquet arrow csv ndjson table"; plain= ;;
    "merge weighted --normalise") words="min-max z-score rank none"; plain= ;;
    "merge weighted --log-format") words="text json"; plain= ;;
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
    "score -f") words="parquet arrow csv ndjson table"; plain= ;;
    "score --format") words="parquet arrow csv ndjson table"; plain= ;;
    "score --log-format") words="text json"; plain= ;;
    "similar -f") words="parquet arrow csv ndjson table"; plain= ;;
    "similar --format") words="parquet arrow csv ndjson table"; plain= ;;
    "similar --log-format") words="text json"; plain= ;;
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
    "train-als-explicit --log-format") words="text json"; plain= ;;
    "train-association --measure") words="log-likelihood lift pmi npmi confidence count"; plain= ;;
    "train-association --log-format") words="text json"; plain= ;;
    "train-auto --log-format") words="text json"; plain= ;;
    "train-biased-mf --log-format") words="text json"; plain= ;;
    "train-bpr --negatives") words="uniform popularity"; plain= ;;
    "train-bpr --log-format") words="text json"; plain= ;;
    "train-bspm --solver") words="rk4 euler"; plain= ;;
    "train-bspm --merge") words="early late"; plain= ;;
    "train-bspm --log-format") words="text json"; plain= ;;
    "train-category-popularity --log-format") words="text json"; plain= ;;
    "train-content --similarity") words="cosine dot euclidean"; plain= ;;
    "train-content --values") words="weight rating"; plain= ;;
    "train-content --log-format") words="text json"; plain= ;;
    "train-ease --log-format") words="text json"; plain= ;;
    "train-gf-cf --log-format") words="text json"; plain= ;;
    "train-item-knn --similarity") words="cosine jaccard tf-idf bm25 dot euclidean pearson adjusted-cosine"; plain= ;;
    "train-item-knn --values") words="weight rating"; plain= ;;
    "train-item-knn --log-format") words="text json"; plain= ;;
    "train-lambdamart --log-format") words="text json"; plain= ;;
    "train-lmf --log-format") words="text json"; plain= ;;
    "train-nmf --log-format") words="text json"; plain= ;;
    "train-popularity --log-format") words="text json"; plain= ;;
    "train-pure-svd --log-format") words="text json"; plain= ;;
    "train-random --log-format") words="text json"; plain= ;;
    "train-rp3beta --log-format") words="text json"; plain= ;;
    "train-slim --log-format") words="text json"; plain= ;;
    "train-svd-pp --log-format") words="text json"; plain= ;;
    "train-trending --log-format") words="text json"; plain= ;;
    "train-user-knn --similarity") words="cosine jaccard dot euclidean pearson"; plain= ;;
    "train-user-knn --values") words="weight rating"; plain= ;;
    "train-user-knn --log-format") words="text json"; plain= ;;
    "train-wmf --log-format") words="text json"; plain= ;;
    "tune --log-format") words="text json"; plain= ;;
    "verify --kind") words="interactions items users candidates metrics"; plain= ;;
    "verify --log-format") words="text json"; plain= ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [[ -n $plain && $current != -* ]] && COMPREPLY+=($(compgen -f -- "$current"))
  return 0
}
complete -o filenames -F _recli recli
