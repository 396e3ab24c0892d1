"""One file an input format; told by magic bytes, never by the file name."""
