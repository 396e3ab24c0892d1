"""One file an index back end; its name is the sub-verb of `build-index`."""
