"""One file a family of features that rankers learn from."""
