"""One file a re-ranking rule; its name is the sub-verb of `rerank`."""
