"""One file a policy; its name is the sub-verb of `rerank explore`."""
