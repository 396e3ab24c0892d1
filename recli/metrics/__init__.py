"""One file a metric; its name is what `evaluate` is asked for, as in `ndcg@10`."""
