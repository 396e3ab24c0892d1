"""Numbers: compiled loops and array shapes; no files, no printing."""
