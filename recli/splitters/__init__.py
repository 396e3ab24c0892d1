"""One file a split; its name is the sub-verb of `split`."""
