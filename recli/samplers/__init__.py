"""One file a way to draw items that a user did not choose."""
